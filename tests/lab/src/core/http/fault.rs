//! Ways in which a panel's HTTP side can be broken, switched while it runs.

use crate::core::http::Reply;
use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use std::io::Error;
use std::time::Duration;

/// What is wrong with every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The answer is right, but late.
    Slow(Duration),
    /// A page for people where a document was asked for, with status 200.
    Html,
    /// The connection breaks off in the middle of the answer.
    Cut,
    /// A list that goes on for a gigabyte.
    Huge,
    /// This status and a page.
    Status(u16),
    /// The connection is closed without an answer.
    Drop,
    /// Bytes that are no text.
    Garbage,
}

const PAGE: &str =
    "<!DOCTYPE html>\n<html><head><title>Service</title></head><body><h1>Please wait</h1><br></body></html>\n";

/// The answer in place of the panel's own; the panel is not even asked.
pub fn instead(fault: &Fault) -> Option<Response> {
    match fault {
        Fault::None | Fault::Slow(_) | Fault::Cut => None,
        Fault::Html => Some(response(200, "text/html; charset=UTF-8", Body::from(PAGE))),
        Fault::Status(status) => Some(response(*status, "text/html; charset=UTF-8", Body::from(PAGE))),
        Fault::Drop => Some(dropped()),
        Fault::Garbage => {
            let bytes: Vec<u8> = (0u8..=255).rev().cycle().take(4096).collect();
            Some(response(200, "text/xml; charset=UTF-8", Body::from(bytes)))
        }
        Fault::Huge => Some(response(200, "text/xml; charset=UTF-8", huge())),
    }
}

pub async fn delay(fault: &Fault) {
    if let Fault::Slow(time) = fault {
        tokio::time::sleep(*time).await;
    }
}

/// The panel's reply, cut in half when the fault says so.
pub fn apply(fault: &Fault, reply: Reply) -> Response {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    let body = if *fault == Fault::Cut {
        builder = builder.header("content-length", reply.body.len());
        let half = Bytes::copy_from_slice(&reply.body.as_bytes()[..reply.body.len() / 2]);
        Body::from_stream(stream::iter([Ok(half), Err(Error::other("cut"))]))
    } else {
        Body::from(reply.body)
    };
    builder.body(body).expect("a response")
}

/// The connection goes away: the body fails before its first byte, and with it the whole connection.
pub fn dropped() -> Response {
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, Error>(Error::other("dropped"))])))
}

/// Rows without end, made one block at a time.
fn huge() -> Body {
    let start = Bytes::from_static(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc>");
    let rows = Bytes::from("<elem><id>1</id><name>again</name></elem>".repeat(1600));
    let blocks = (0..16_384).map(move |number| Ok::<_, Error>(if number == 0 { start.clone() } else { rows.clone() }));
    Body::from_stream(stream::iter(blocks))
}

fn response(status: u16, content_type: &str, body: Body) -> Response {
    Response::builder().status(status).header("content-type", content_type).body(body).expect("a response")
}
