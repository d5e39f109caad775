//! The page of `pipewright top --serve` in Chromium: what it shows, what its buttons do, whether it fits. It runs with
//! `BROWSER=1`, as in `.ci/long`. `PICTURES=DIRECTORY` keeps what the browser shows.

use crate::support::{self, Run, have};
use crate::top_serve::{NAME, Served, pids};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A browser, by the WebDriver protocol.
struct Browser {
    driver: Child,
    /// The address of the driver and, behind it, of the session.
    session: String,
}

impl Browser {
    fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(driver.stdout.take().expect("it is a pipe")).lines().map_while(Result::ok);
        let port = lines
            .filter_map(|line| {
                let port = line.split_once("started successfully on port ")?.1;
                Some(port.trim_end_matches('.').to_string())
            })
            .next()
            .expect("it tells its port");
        let mut browser = Self { driver, session: format!("http://127.0.0.1:{port}") };
        let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let wanted =
            json!({"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}});
        let made = browser.post("/session", &json!({"capabilities": {"alwaysMatch": wanted}}));
        let id = made["sessionId"].as_str().expect("a session").to_string();
        browser.session = format!("{}/session/{id}", browser.session);
        browser
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let run = Run::new("curl").args(["-s", "-X", method, &format!("{}{path}", self.session)]);
        let run = match body {
            Some(body) => run
                .args(["-H", "Content-Type: application/json", "--data-binary", "@-"])
                .stdin(body.to_string()),
            None => run,
        };
        let answer: Value =
            serde_json::from_slice(&run.timeout(60).run().success().stdout).expect("it is JSON");
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer}");
        answer["value"].clone()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, Some(body))
    }

    /// Returns the value of an expression in the page.
    fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({"script": format!("return {expression}"), "args": []}))
    }

    fn text(&self) -> String {
        self.value("document.body.innerText").as_str().expect("a text").to_string()
    }

    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !holds(&self.text()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Clicks where a user would: a button that another element covers is an error of the driver.
    fn click(&self, button: &str) {
        let found = self
            .post("/element", &json!({"using": "xpath", "value": format!("//button[text()='{button}']")}));
        let id = found.as_object().and_then(|one| one.values().next()).and_then(Value::as_str);
        self.post(&format!("/element/{}/click", id.expect("an element")), &json!({}));
    }

    /// Gives the page the size of a window or, below 500 pixels, of a telephone.
    fn resize(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size});
        self.post("/goog/cdp/execute", &command);
    }

    /// Keeps a picture, if they are wanted.
    fn picture(&self, name: &str) {
        if let Some(directory) = std::env::var_os("PICTURES") {
            let coded = self.call("GET", "/screenshot", None);
            let coded = coded.as_str().expect("a picture");
            let picture = Run::new("base64").arg("-d").stdin(coded).run().success().stdout;
            let path = std::path::Path::new(&directory).join(format!("{name}.png"));
            std::fs::write(path, picture).expect("the picture can be kept");
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // SAFETY: the process group of a child that has not been awaited.
        unsafe { libc::kill(-(self.driver.id() as i32), libc::SIGKILL) };
        let _ = self.driver.wait();
    }
}

#[test]
fn a_service_is_restarted_and_stopped_by_the_page() {
    if support::setting("BROWSER", 0) == 0 {
        eprintln!("SKIPPED: the page of `top --serve` is tried in Chromium with BROWSER=1, as in .ci/long");
        return;
    }
    assert!(have("chromedriver") && have("chromium") && have("curl"));
    let served = Served::start();
    let browser = Browser::start();
    browser.resize(1200);
    browser.post("/url", &json!({"url": format!("http://{}/?token={}", served.address, served.token)}));
    let shows = |pids: &[u64]| {
        let lines: Vec<String> = pids.iter().map(|pid| format!("PID {pid} ")).collect();
        move |text: &str| lines.iter().all(|line| text.contains(line)) && text.contains("live")
    };
    let before = pids(&served.state());
    browser.until("both instances are shown", shows(&before));
    // Text of the script is text.
    assert_eq!(browser.value("document.querySelector('h2').textContent"), NAME);
    browser.picture("page-1200");

    browser.click("Restart");
    let state = served.until("both instances were replaced", |state| {
        let now = pids(state);
        now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
    });
    browser.until("the new instances are shown", shows(&pids(&state)));
    browser.until("their restarts are counted", |text| text.matches("1 restart").count() == 2);

    for width in [400, 320, 1200] {
        browser.resize(width);
        assert_eq!(browser.value("document.documentElement.scrollWidth"), width, "it fits");
        browser.picture(&format!("restarted-{width}"));
    }

    // A click that is not confirmed stops nothing.
    browser.resize(400);
    browser.click("Stop");
    browser.picture("stop-400");
    assert_eq!(served.state()["runs"][0]["services"][0]["status"], "ready");
    browser.click("Stop: sure?");
    browser.until("it has ended, and can't be started again", |text| !text.contains("Restart"));
    served.until("it has ended", |state| state["runs"][0]["services"][0]["status"] == "ended");
    browser.until("that is shown", |text| text.contains("web\nended\n"));
    browser.picture("stopped-400");

    let log = browser.post("/se/log", &json!({"type": "browser"}));
    assert_eq!(log, json!([]), "no error of the page, and nothing that its policy refused");
}

#[test]
fn a_page_without_the_token_shows_nothing_and_a_server_that_is_gone_is_reported() {
    if support::setting("BROWSER", 0) == 0 {
        eprintln!("SKIPPED: the page of `top --serve` is tried in Chromium with BROWSER=1, as in .ci/long");
        return;
    }
    let served = Served::start();
    let browser = Browser::start();
    browser.post("/url", &json!({"url": format!("http://{}/?token=x", served.address)}));
    browser.until("it is refused", |text| text.starts_with("the token is missing or wrong"));
    browser.post("/url", &json!({"url": format!("http://{}/?token={}", served.address, served.token)}));
    browser.until("it follows the script", |text| text.contains("live"));
    drop(served);
    browser.until("no answer comes", |text| text.contains("no answer"));
}
