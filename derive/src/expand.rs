//! The implementations.

use super::shape::{Kind, Shape};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

pub fn from_value(shape: &Shape) -> TokenStream {
    let Shape { name, generics, kind } = shape;
    let generics = bound(generics, &parse_quote!(::pipewright::FromValue<'value>));
    let (_, of, bounds) = generics.split_for_impl();
    let mut with_lifetime = generics.clone();
    with_lifetime.params.insert(0, parse_quote!('value));
    let (parameters, ..) = with_lifetime.split_for_impl();
    let body = match kind {
        Kind::Map(fields) => {
            let fields = fields.iter().map(|field| {
                let (name, key) = (&field.name, &field.key);
                if field.is_optional {
                    quote!(#name: fields.optional(#key)?)
                } else {
                    quote!(#name: fields.required(#key)?)
                }
            });
            quote! {
                let fields = ::pipewright::value::__derive::Fields::of(value)?;
                Ok(Self { #(#fields),* })
            }
        }
        Kind::Inner(inner) => {
            quote!(<#inner as ::pipewright::FromValue<'value>>::from_value(value).map(Self))
        }
        Kind::Names(variants) => {
            let (names, texts): (Vec<_>, Vec<_>) =
                variants.iter().map(|variant| (&variant.name, &variant.text)).unzip();
            quote! {
                match <&::core::primitive::str as ::pipewright::FromValue<'value>>::from_value(value)? {
                    #(#texts => Ok(Self::#names),)*
                    other => Err(::pipewright::value::__derive::unknown(other, &[#(#texts),*])),
                }
            }
        }
    };
    quote! {
        #[automatically_derived]
        impl #parameters ::pipewright::FromValue<'value> for #name #of #bounds {
            fn from_value(
                value: &'value ::pipewright::Value,
            ) -> ::core::result::Result<Self, ::pipewright::ValueError> {
                #body
            }
        }
    }
}

pub fn into_value(shape: &Shape) -> TokenStream {
    let Shape { name, generics, kind } = shape;
    let generics = bound(generics, &parse_quote!(::pipewright::IntoValue));
    let (parameters, of, bounds) = generics.split_for_impl();
    let body = match kind {
        Kind::Map(fields) => {
            let (names, keys): (Vec<_>, Vec<_>) =
                fields.iter().map(|field| (&field.name, &field.key)).unzip();
            quote! {
                let mut map = ::pipewright::value::Map::default();
                #(::pipewright::value::__derive::insert(&mut map, #keys, self.#names)?;)*
                Ok(map.into())
            }
        }
        Kind::Inner(_) => quote!(::pipewright::IntoValue::into_value(self.0)),
        Kind::Names(variants) => {
            let (names, texts): (Vec<_>, Vec<_>) =
                variants.iter().map(|variant| (&variant.name, &variant.text)).unzip();
            quote! {
                Ok(::pipewright::Value::from(match self {
                    #(Self::#names => #texts,)*
                }))
            }
        }
    };
    quote! {
        #[automatically_derived]
        impl #parameters ::pipewright::IntoValue for #name #of #bounds {
            fn into_value(
                self,
            ) -> ::core::result::Result<::pipewright::Value, ::pipewright::ValueError> {
                #body
            }
        }
    }
}

/// Requires a bound of each type parameter.
fn bound(generics: &Generics, bound: &syn::TypeParamBound) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(bound.clone());
    }
    generics
}
