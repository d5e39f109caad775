//! `#[derive(FromValue, IntoValue)]`: the crate `pipewright` re-exports and documents both, with its feature `derive`.

mod expand;
mod shape;

use proc_macro::TokenStream;

/// Derives the conversion from a value. A struct with named fields is a map with their names as keys, a struct with one
/// unnamed field is that field, and an enum of names is a string, `ReadOnly` being `"read_only"`.
///
/// A missing key is null, so that an `Option` is then `None`; other keys of the map are ignored. `#[value(rename = "…")]`
/// gives a field or name another text, and `#[value(default)]` a field the default of its type if its key is missing.
///
/// ```ignore
/// use pipewright::{FromValue, IntoValue, Script, Session};
///
/// #[derive(FromValue, IntoValue, Debug, PartialEq)]
/// struct Host {
///     name: String,
///     port: Port,
///     user: Option<String>,
///     #[value(rename = "tls-mode", default)]
///     tls: Tls,
/// }
///
/// #[derive(FromValue, IntoValue, Debug, PartialEq)]
/// struct Port(u16);
///
/// #[derive(FromValue, IntoValue, Debug, Default, PartialEq)]
/// enum Tls {
///     #[default]
///     Off,
///     VerifyFull,
/// }
///
/// let script = Script::parse("t", "fn main() { return {name: 'db1', port: 5432, 'tls-mode': 'verify_full'} }")?;
/// let host: Host = Session::new().run(&script).value()?.to()?;
/// assert_eq!(host, Host { name: "db1".into(), port: Port(5432), user: None, tls: Tls::VerifyFull });
///
/// let script = Script::builder("t").input("host").parse("echo \"$host.name:$host.port $host.'tls-mode'\"")?;
/// assert_eq!(Session::new().run(&script).arg("host", host).read()?, "db1:5432 verify_full");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[proc_macro_derive(FromValue, attributes(value))]
pub fn from_value(input: TokenStream) -> TokenStream {
    derive(input, expand::from_value)
}

/// Derives the conversion to a value, in the form that the derived `FromValue` reads. A field that is `None` is a key with
/// null.
#[proc_macro_derive(IntoValue, attributes(value))]
pub fn into_value(input: TokenStream) -> TokenStream {
    derive(input, expand::into_value)
}

fn derive(input: TokenStream, expand: fn(&shape::Shape) -> proc_macro2::TokenStream) -> TokenStream {
    let shape = syn::parse(input).and_then(shape::Shape::of);
    shape.map_or_else(syn::Error::into_compile_error, |shape| expand(&shape)).into()
}
