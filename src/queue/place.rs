//! Where a store keeps its tasks.

use std::fmt;
use std::path::PathBuf;

/// The place of a store.
#[derive(Clone, Debug)]
pub enum Place {
    /// An SQLite file, as an absolute path.
    File(PathBuf),
    /// A PostgreSQL database.
    Database(Url),
}

/// The URL of a database, which may hold a password.
#[derive(Clone)]
pub struct Url(String);

impl Place {
    /// Returns the database that a text is the URL of, if it is one.
    pub fn database(text: &[u8]) -> Option<Self> {
        let is_url = [&b"postgres://"[..], b"postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let url = is_url.then(|| std::str::from_utf8(text).ok()).flatten()?;
        Some(Self::Database(Url(url.to_owned())))
    }
}

impl Url {
    #[cfg(feature = "queue-postgres")]
    pub fn url(&self) -> &str {
        &self.0
    }
}

/// Without the user, the password and the parameters.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        // A password may hold `?` and `@`, though it should be escaped, so that all before the last `@` is left out.
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        f.write_str("postgresql://")?;
        f.write_str(&crate::diag::visible(rest.as_bytes()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_password_and_parameters() {
        for (url, shown) in [
            (
                "postgres://ann:s3cret@db.example.org:5433/work?sslmode=require",
                "postgresql://db.example.org:5433/work",
            ),
            ("postgresql://ann:a@b?c@h/work", "postgresql://h/work"),
            ("postgres:///work?host=/run/pg&password=s3cret", "postgresql:///work"),
        ] {
            let Some(Place::Database(url)) = Place::database(url.as_bytes()) else { panic!("{url}") };
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.into(), shown.into()));
        }
        assert!(Place::database(b"postgres.db").is_none());
    }
}
