//! The least that any compiled handler does: take the document, give it back.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut document = Vec::new();
    std::io::stdin().lock().read_to_end(&mut document)?;
    std::io::stdout().lock().write_all(&document)
}
