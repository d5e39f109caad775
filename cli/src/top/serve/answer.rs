//! The answers: the page, the state as JSON, metrics, and actions.

use super::Server;
use super::access::random;
use super::metrics::metrics;
use super::watch::{Order, Refusal};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use pipewright::top::Action;

/// The page. Its placeholder is the nonce of its style and its script.
const PAGE: &str = include_str!("page.html");
const NONCE: &str = "{{nonce}}";

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The fields of each answer. Nothing is kept by a browser, shown in a frame, or given to a page of another origin.
const FIELDS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Page,
    State,
    Metrics,
    Order(u32, Order),
}

impl Target {
    fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match parts[..] {
            [""] => Self::Page,
            ["metrics"] => Self::Metrics,
            ["api", "state"] => Self::State,
            ["api", "runs", pid, "services", service, action] => {
                let action = match action {
                    "restart" => Action::Restart,
                    "reload" => Action::Reload,
                    "stop" => Action::Stop,
                    _ => return None,
                };
                Self::Order(pid.parse().ok()?, Order::Act { service: service.parse().ok()?, action })
            }
            ["api", "runs", pid, "loops", id, "jobs", jobs] => {
                let order = Order::Resize { id: id.parse().ok()?, jobs: jobs.parse().ok()? };
                Self::Order(pid.parse().ok()?, order)
            }
            _ => return None,
        })
    }

    /// Returns the methods that it takes.
    const fn methods(self) -> (&'static [Method], &'static str) {
        match self {
            Self::Order(..) => (&[Method::POST], "POST"),
            _ => (&[Method::GET, Method::HEAD], "GET, HEAD"),
        }
    }
}

impl Server {
    /// Answers a request. Its body is not read, since all of an action is in its path.
    pub(super) async fn answer(&self, request: &Request<Incoming>) -> Response<String> {
        if let Err((status, text)) = self.token.admit(request.uri(), request.headers()) {
            let mut answer = answer(status, TEXT, text.to_string());
            if status == StatusCode::UNAUTHORIZED {
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            return answer;
        }
        let Some(target) = Target::of(request.uri().path()) else {
            return answer(StatusCode::NOT_FOUND, TEXT, "there is nothing at this path\n".to_string());
        };
        let (methods, allowed) = target.methods();
        if !methods.contains(request.method()) {
            let mut answer =
                answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, format!("this path takes {allowed}\n"));
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
            return answer;
        }
        match target {
            Target::Page => page(),
            // Numbers, texts and lists always have a form in JSON.
            Target::State => answer(
                StatusCode::OK,
                JSON,
                serde_json::to_string(&*self.watcher.latest()).unwrap_or_default(),
            ),
            Target::Metrics => answer(StatusCode::OK, METRICS, metrics(&self.watcher.latest())),
            Target::Order(pid, order) => match self.watcher.carry_out(pid, order).await {
                Ok(()) => answer(StatusCode::NO_CONTENT, TEXT, String::new()),
                Err(Refusal::NoRun) => {
                    answer(StatusCode::NOT_FOUND, TEXT, "no script of yours has this process\n".to_string())
                }
                Err(Refusal::Refused(why)) => answer(StatusCode::CONFLICT, TEXT, format!("{why}\n")),
                Err(Refusal::Busy) => {
                    let text = "other actions are still waiting: try again\n";
                    answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text.to_string())
                }
            },
        }
    }
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<String> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in FIELDS {
        fields.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Returns the page. Only the style and the script with its nonce are used: text of a script that would get into the page
/// as HTML can't run.
fn page() -> Response<String> {
    let Ok(nonce) = random() else {
        let text = "the system has no random numbers\n";
        return answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text.to_string());
    };
    let mut page = answer(StatusCode::OK, "text/html; charset=utf-8", PAGE.replace(NONCE, &nonce));
    let base = FIELDS[1].1;
    let policy = format!("{base}; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_for_the_page_the_data_and_actions() {
        assert_eq!(Target::of("/"), Some(Target::Page));
        assert_eq!(Target::of("/api/state"), Some(Target::State));
        let stop = Order::Act { service: 3, action: Action::Stop };
        assert_eq!(Target::of("/api/runs/4711/services/3/stop"), Some(Target::Order(4711, stop)));
        let resize = Order::Resize { id: 1, jobs: 8 };
        assert_eq!(Target::of("/api/runs/4711/loops/1/jobs/8"), Some(Target::Order(4711, resize)));
        for path in [
            "",
            "*",
            "/x",
            "//",
            "/api/state/",
            "/api/runs/4711/services/3/kill",
            "/api/runs/-1/services/3/stop",
        ] {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }
}
