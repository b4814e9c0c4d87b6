//! Answers the panel: exactly one document on stdout and exit status 0, whatever happens. What a page shows is not here.
//!
//! Anything else on stdout, or another exit status, and the panel says "terminated with an error or returned an invalid XML"
//! (facts/coremanager 2.3, 2.4) and hides what we had to say. An event that we cannot answer goes back byte for byte: the
//! panel's own work is more important than ours.

use super::request::{Event, Request, read_document};
use super::{document, hook, pages};
use crate::error::{Error, Kind};
use crate::language::Language;
use crate::logging;
use crate::root::Root;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

/// Serves one call of the panel.
pub fn run() -> ExitCode {
    let root = Root::from_environment();
    logging::start(&root);
    panic::set_hook(Box::new(|panic| log::error!("panic: {panic}")));
    let mut request = Request::from_environment();
    let mut stdin = std::io::stdin().lock();
    // To the end before the first byte of ours: a panel that writes first and reads later must not wait for us.
    let (input, unread) = read_document(&mut stdin);
    request.speak(&input);
    let answer = guarded(&request, || respond(&root, &request, &input, unread));
    let mut stdout = std::io::stdout().lock();
    // If the panel no longer listens there is nobody to tell.
    let _ = match answer {
        Answer::Document(text) => stdout.write_all(text.as_bytes()),
        Answer::Echo => stdout.write_all(&input).and_then(|()| std::io::copy(&mut stdin, &mut stdout)).map(|_| ()),
    }
    .and_then(|()| stdout.flush());
    ExitCode::SUCCESS
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Document(String),
    /// The panel's own document, byte for byte.
    Echo,
}

/// Runs the work; a panic in it becomes the answer that the panel can use.
fn guarded(request: &Request, work: impl FnOnce() -> Answer) -> Answer {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        if is_event(request.event) {
            Answer::Echo
        } else {
            failure(&Error::new(Kind::Internal, format!("in {}", request.function)), request.language)
        }
    })
}

fn respond(root: &Root, request: &Request, input: &[u8], unread: Option<Error>) -> Answer {
    if is_event(request.event) {
        if let Some(error) = unread {
            log::warn!("{}: {error}", request.function);
        }
        let known = request.function == hook::FUNCTION;
        return known.then(|| hook::answer(root, request)).flatten().map_or(Answer::Echo, Answer::Document);
    }
    let Some(page) = pages::find(&request.function) else { return Answer::Echo };
    // The button's level is only its look: a client can call any declared function by its address.
    let shown = if !request.is_administrator() {
        log::warn!(
            "{} refused to user '{}' (level {}) from {}",
            request.function,
            request.user,
            request.level,
            request.ip
        );
        Err(Error::new(Kind::Forbidden, request.function.clone()))
    } else if let Some(error) = unread {
        Err(error)
    } else {
        page(root, request)
    };
    match shown {
        Ok(pages::Shown::Page(elements)) => Answer::Document(
            document::fill(input, &elements)
                .unwrap_or_else(|_| document::page(&request.function, request.language, &elements)),
        ),
        Ok(pages::Shown::Done(None)) => Answer::Document(document::ok()),
        Ok(pages::Shown::Done(Some((target, elements)))) => Answer::Document(document::ok_list(&target, &elements)),
        Ok(pages::Shown::Refused(text)) => Answer::Document(document::message("resellguard", &text, request.language)),
        Err(error) => {
            if error.kind != Kind::Forbidden {
                log::error!("{}: {error}", request.function);
            }
            failure(&error, request.language)
        }
    }
}

fn failure(error: &Error, language: Language) -> Answer {
    Answer::Document(document::error(error, language))
}

/// Everything that is not a call of a function: there is a document of the panel to hand back.
fn is_event(event: Event) -> bool {
    !matches!(event, Event::Action | Event::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;
    use std::ffi::OsString;

    fn request(event: &str) -> Request {
        Request::from_variables(
            [("EVENT_TYPE", event), ("ACTION_NAME", "resellguard")]
                .into_iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        )
    }

    #[test]
    fn a_panic_is_an_error_document_for_a_function_and_the_panels_document_for_an_event() {
        assert_eq!(guarded(&request("after"), || panic!("boom")), Answer::Echo);
        let Answer::Document(text) = guarded(&request("action"), || panic!("boom")) else { panic!("no document") };
        let error = xml::parse(&text).unwrap();
        assert!(
            error.find("error").unwrap().text_of("msg").unwrap().starts_with("A fault in the plugin: in resellguard.")
        );
        assert!(!text.contains("boom"), "the text of a panic is for the log");
    }
}
