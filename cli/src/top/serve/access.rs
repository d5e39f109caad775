//! Who is answered: requests with the token, to a loopback host.

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use hyper::{StatusCode, Uri};
use std::io;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The secret of one start of the server: 256 random bits, as hexadecimal digits.
pub struct Token(String);

impl Token {
    /// Creates a token.
    ///
    /// # Errors
    /// Fails if the system has no random numbers.
    pub fn new() -> io::Result<Self> {
        Ok(Self(random()?))
    }

    /// Returns its text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns whether this is the token. The time does not depend on the place of the first difference.
    fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// Checks a request.
    ///
    /// # Errors
    /// Fails with the status of the answer and its text.
    pub fn admit(&self, uri: &Uri, fields: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        // A name that its owner lets point to this machine would give that owner's page the rights of this origin (DNS
        // rebinding).
        let mut hosts = fields.get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        if hosts.next().is_some() || !host.is_some_and(is_loopback) || uri.authority().is_some() {
            return Err((StatusCode::FORBIDDEN, "the host of the request is not a loopback address\n"));
        }
        let given = bearer(fields).or_else(|| in_query(uri.query()?));
        if !given.is_some_and(|given| self.is(given)) {
            let text =
                "the token is missing or wrong: use the address that `pipewright top --serve` printed\n";
            return Err((StatusCode::UNAUTHORIZED, text));
        }
        let origin = fields.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
        if origin.is_some_and(|origin| origin.strip_prefix("http://") != host) {
            return Err((StatusCode::FORBIDDEN, "the request comes from the page of another origin\n"));
        }
        Ok(())
    }
}

/// Returns random hexadecimal digits that can't be guessed.
///
/// # Errors
/// Fails if the system has no random numbers.
pub fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the token of `Authorization: Bearer TOKEN`.
fn bearer(fields: &HeaderMap) -> Option<&str> {
    let (scheme, token) = fields.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn in_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

/// Returns whether a `Host` field, which may have a port, names the loopback interface.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if port.is_empty() || port.starts_with(':') => name,
            _ => return false,
        },
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;

    fn admitted(path: &str, fields: &[(HeaderName, &str)]) -> u16 {
        let token = Token("c0ffee".to_string());
        let fields = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        // Equal names are kept side by side.
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        token.admit(&path.parse().unwrap(), &map).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn a_request_needs_the_token_in_its_head_or_its_query() {
        let host = (HOST, "127.0.0.1:9400");
        let with = |value| admitted("/metrics", &[host.clone(), (AUTHORIZATION, value)]);
        assert_eq!([with("Bearer c0ffee"), with("bearer  c0ffee")], [200, 200]);
        let wrong =
            ["Bearer c0ffe", "Bearer c0ffeee", "Bearer C0FFEE", "Bearer", "Basic c0ffee", "c0ffee", ""];
        assert_eq!(wrong.map(with), [401; 7]);
        let at = |path| admitted(path, std::slice::from_ref(&host));
        assert_eq!([at("/?token=c0ffee"), at("/x?a=b&token=c0ffee")], [200, 200]);
        assert_eq!(["/", "/?token=", "/?token=c0ffe", "/?xtoken=c0ffee", "/c0ffee"].map(at), [401; 5]);
        // The head counts first.
        assert_eq!(admitted("/?token=c0ffee", &[host, (AUTHORIZATION, "Bearer x")]), 401);
    }

    #[test]
    fn a_request_names_a_loopback_host() {
        let with = |host| admitted("/?token=c0ffee", &[(HOST, host)]);
        let right = [
            "127.0.0.1",
            "127.0.0.1:9400",
            "127.9.9.9:1",
            "localhost:8080",
            "LOCALHOST",
            "[::1]:9400",
            "[::1]",
        ];
        assert_eq!(right.map(with), [200; 7]);
        let wrong = [
            "example.org",
            "127.0.0.1.example.org",
            "localhost.example.org:9400",
            "10.0.0.1:9400",
            "[::2]:9400",
        ];
        assert_eq!(wrong.map(with), [403; 5]);
        assert_eq!(["", ":9400", "[::1", "[::1]x", "0.0.0.0:9400", "2130706433"].map(with), [403; 6]);
        assert_eq!(admitted("/?token=c0ffee", &[]), 403);
        assert_eq!(admitted("/?token=c0ffee", &[(HOST, "localhost"), (HOST, "localhost")]), 403);
        assert_eq!(admitted("http://localhost/?token=c0ffee", &[(HOST, "localhost")]), 403);
    }

    #[test]
    fn a_page_of_another_origin_is_refused_even_with_the_token() {
        let from = |origin| admitted("/?token=c0ffee", &[(HOST, "localhost:9400"), (ORIGIN, origin)]);
        assert_eq!(from("http://localhost:9400"), 200);
        assert_eq!(
            ["http://localhost:9401", "https://localhost:9400", "http://example.org", "null"].map(from),
            [403; 4]
        );
    }
}
