//! A headless Chromium for tests of the page, driven by the WebDriver protocol.
//!
//! Only what those tests need: opening, finding, clicking, typing, reading, pictures.

use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The key under which WebDriver passes the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser. It quits when it is dropped.
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
    profile: tempfile::TempDir,
}

/// Something on the page, by CSS selector or by its visible text.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    Css(&'a str),
    /// A link or a button with this text.
    Text(&'a str),
}

impl Browser {
    /// Starts `chromedriver` on a free port and a browser with an empty profile.
    ///
    /// # Panics
    /// When there is no `chromedriver`, saying which packages have it.
    pub fn start() -> Self {
        // The first user of TLS in this process installs it; for the others it is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver cannot be started ({error}): install the packages chromium and chromium-driver")
            });
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok())
            .expect("chromedriver says its port");
        // Whoever reads no more would block it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let profile = tempfile::tempdir().expect("a directory for the profile");
        let client = Client::builder().timeout(Duration::from_mins(1)).build().expect("a client");
        let mut browser = Self { driver, client, session: format!("http://127.0.0.1:{port}/session"), profile };
        let options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900",
            format!("--user-data-dir={}", browser.profile.path().display()),
        ]});
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "acceptInsecureCerts": true, "goog:chromeOptions": options,
        }}});
        let answer = browser.post("", &wanted).expect("a session of the browser");
        browser.session.push('/');
        browser.session.push_str(answer["sessionId"].as_str().expect("the session's id"));
        browser
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url})).expect("the page");
    }

    /// Clicks on what is there, or will be shortly.
    pub fn click(&self, at: At<'_>) {
        self.wait(at, |element| self.post(&format!("/element/{element}/click"), &json!({})).map(drop));
    }

    /// Replaces the value of a field.
    pub fn fill(&self, css: &str, text: &str) {
        self.wait(At::Css(css), |element| {
            self.post(&format!("/element/{element}/clear"), &json!({}))?;
            self.post(&format!("/element/{element}/value"), &json!({"text": text})).map(drop)
        });
    }

    /// The visible text of the first match, which is waited for.
    pub fn text(&self, css: &str) -> String {
        self.wait(At::Css(css), |element| self.text_of(element))
    }

    /// The visible texts of every match; none when there is none.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let ids = self.ids(At::Css(css)).unwrap_or_default();
        ids.iter().filter_map(|element| self.text_of(element).ok()).collect()
    }

    /// Whether the first match can be used.
    pub fn enabled(&self, css: &str) -> bool {
        self.wait(At::Css(css), |element| Ok(self.get(&format!("/element/{element}/enabled"))? == json!(true)))
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        self.get("/url").expect("the address").as_str().unwrap_or_default().to_owned()
    }

    /// Writes a PNG of the window.
    pub fn screenshot(&self, path: &Path) {
        use base64::Engine;
        let picture = self.get("/screenshot").expect("a picture");
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap_or_default());
        std::fs::write(path, bytes.expect("a picture")).expect("write the picture");
    }

    fn text_of(&self, element: &str) -> Result<String, String> {
        Ok(self.get(&format!("/element/{element}/text"))?.as_str().unwrap_or_default().to_owned())
    }

    /// Does something with the first match; a page that is just changing gets time.
    fn wait<T>(&self, at: At<'_>, act: impl Fn(&str) -> Result<T, String>) -> T {
        let start = Instant::now();
        loop {
            let found = self.ids(at).and_then(|ids| ids.into_iter().next().ok_or_else(|| "nothing there".to_owned()));
            match found.and_then(|element| act(&element)) {
                Ok(result) => return result,
                Err(reason) if start.elapsed() > PATIENCE => {
                    panic!("{at:?} on {}: {reason}\n{}", self.url(), self.source())
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn source(&self) -> String {
        self.get("/source").ok().and_then(|source| source.as_str().map(str::to_owned)).unwrap_or_default()
    }

    fn ids(&self, at: At<'_>) -> Result<Vec<String>, String> {
        let (using, value) = match at {
            At::Css(css) => ("css selector", css.to_owned()),
            // No quote is escaped in XPath 1.0: texts with both kinds are not looked for.
            At::Text(text) => {
                let quote = if text.contains('"') { '\'' } else { '"' };
                ("xpath", format!("//*[self::a or self::button][normalize-space()={quote}{text}{quote}]"))
            }
        };
        let found = self.post("/elements", &json!({"using": using, "value": value}))?;
        Ok(found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|element| element[ELEMENT].as_str().map(str::to_owned))
            .collect())
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        answer(self.client.get(format!("{}{path}", self.session)).send())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        answer(self.client.post(format!("{}{path}", self.session)).json(body).send())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser goes with its session; the driver is ended whatever it answers.
        let _ = self.client.delete(&self.session).send();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn answer(response: reqwest::Result<reqwest::blocking::Response>) -> Result<Value, String> {
    let body: Value = response.and_then(reqwest::blocking::Response::json).map_err(|error| error.to_string())?;
    let value = &body["value"];
    match value["error"].as_str() {
        Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
        None => Ok(value.clone()),
    }
}
