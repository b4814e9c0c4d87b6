//! Any bytes as a line's text: decoded and shown without a crash, on one line, bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use resellguard::modulelog::secrets::masked;
use resellguard::modulelog::text::{SHOWN, decoded, shown};

fuzz_target!(|text: &[u8]| {
    let plain = decoded(text);
    assert!(plain.len() <= text.len());
    if !text.contains(&b'%') {
        assert_eq!(plain, text);
    }
    let line = shown(text);
    // One character more says that it was cut; a mask is longer than an empty value.
    assert!(line.len() <= SHOWN * 4, "{} bytes are shown", line.len());
    assert!(!line.chars().any(char::is_control), "{line:?}");
    masked(&String::from_utf8_lossy(&plain));
});
