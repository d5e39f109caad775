//! `#[derive(FromValue, IntoValue)]`: the crate `pipewright` re-exports and documents both, with its feature `derive`.

mod expand;
mod shape;

use proc_macro::TokenStream;

/// Derives `FromValue`.
#[proc_macro_derive(FromValue, attributes(value))]
pub fn from_value(input: TokenStream) -> TokenStream {
    derive(input, expand::from_value)
}

/// Derives `IntoValue`.
#[proc_macro_derive(IntoValue, attributes(value))]
pub fn into_value(input: TokenStream) -> TokenStream {
    derive(input, expand::into_value)
}

fn derive(input: TokenStream, expand: fn(&shape::Shape) -> proc_macro2::TokenStream) -> TokenStream {
    let shape = syn::parse(input).and_then(shape::Shape::of);
    shape.map_or_else(syn::Error::into_compile_error, |shape| expand(&shape)).into()
}
