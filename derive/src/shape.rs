//! The types that can be derived for: a struct with named fields is a map, a struct with one unnamed field is that field,
//! an enum of names is a string.

use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Generics, Ident, LitStr, Result, Type};

pub struct Shape {
    pub name: Ident,
    pub generics: Generics,
    pub kind: Kind,
}

pub enum Kind {
    Map(Vec<Field>),
    Inner(Box<Type>),
    Names(Vec<Variant>),
}

pub struct Field {
    pub name: Ident,
    pub key: String,
    /// Whether a missing key means the default of the type.
    pub is_optional: bool,
}

pub struct Variant {
    pub name: Ident,
    pub text: String,
}

impl Shape {
    pub fn of(input: DeriveInput) -> Result<Self> {
        if let Some(lifetime) = input.generics.lifetimes().next() {
            return Err(Error::new(
                lifetime.span(),
                "a value gives its data away, so the type has to own it",
            ));
        }
        let kind = match input.data {
            Data::Struct(data) => match data.fields {
                Fields::Named(fields) => {
                    Kind::Map(fields.named.into_iter().map(Field::of).collect::<Result<_>>()?)
                }
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields
                    .unnamed
                    .into_iter()
                    .next()
                    .map(|field| Kind::Inner(Box::new(field.ty)))
                    .expect("it has one"),
                fields => {
                    let message = "a map needs fields with names; one field without a name stands for itself";
                    return Err(Error::new(fields.span(), message));
                }
            },
            Data::Enum(data) => {
                Kind::Names(data.variants.into_iter().map(Variant::of).collect::<Result<_>>()?)
            }
            Data::Union(data) => return Err(Error::new(data.union_token.span(), "a union has no value")),
        };
        Ok(Self { name: input.ident, generics: input.generics, kind })
    }
}

impl Field {
    fn of(field: syn::Field) -> Result<Self> {
        let name = field.ident.expect("it is a named field");
        let options = Options::of(&field.attrs, true)?;
        let key = options.rename.unwrap_or_else(|| name.to_string().trim_start_matches("r#").to_owned());
        Ok(Self { name, key, is_optional: options.default })
    }
}

impl Variant {
    fn of(variant: syn::Variant) -> Result<Self> {
        if !matches!(variant.fields, Fields::Unit) {
            let message = "only an enum of names is a string: implement the trait for this one";
            return Err(Error::new(variant.fields.span(), message));
        }
        let options = Options::of(&variant.attrs, false)?;
        let text = options.rename.unwrap_or_else(|| snake_case(&variant.ident.to_string()));
        Ok(Self { name: variant.ident, text })
    }
}

/// `#[value(…)]`
#[derive(Default)]
struct Options {
    rename: Option<String>,
    default: bool,
}

impl Options {
    fn of(attributes: &[Attribute], is_field: bool) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("value")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    options.rename = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("default") && is_field {
                    options.default = true;
                } else {
                    let known =
                        if is_field { "`rename = \"…\"` or `default`" } else { "`rename = \"…\"`" };
                    return Err(meta.error(format!("expected {known}")));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// Returns `read_only` for `ReadOnly`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}
