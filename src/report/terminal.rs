//! What others wrote, made harmless for a terminal: the one place through which everything goes that the command line prints.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The same text with control and invisible format characters as `\u202e`, which is also what JSON knows: they would move the cursor,
/// turn the direction of a line, or hide a part of it. Line feeds and tabs stay.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// A name, a text or an id that others wrote, as a part of a sentence: none of it begins a line of its own.
pub fn one_line(text: &str) -> String {
    escaped(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Controls, Unicode's format characters (Cf), and what ends a line elsewhere than in a terminal.
fn acts(character: char) -> bool {
    let format = matches!(character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}' | '\u{e0020}'..='\u{e007f}');
    format || (character.is_control() && !matches!(character, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_what_is_written_stays() {
        for (text, expected) in [
            ("a\tb\nщ 漢 é\n", "a\tb\nщ 漢 é\n"),
            ("\u{1b}[2J\r\u{7}\u{7f}\u{9b}1m", "\\u001b[2J\\u000d\\u0007\\u007f\\u009b1m"),
            ("a\u{202e}b\u{2066}c\u{200d}\u{feff}", "a\\u202eb\\u2066c\\u200d\\ufeff"),
            ("a\u{e0041}\u{2028}", "a\\udb40\\udc41\\u2028"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(one_line("shop\n4. run:\tit\u{1b}[2J \u{2028}"), "shop 4. run: it\\u001b[2J \\u2028");
        let name = "a\u{202e}\u{e0041}\u{85}b";
        let json = serde_json::to_string(name).unwrap();
        assert_eq!(serde_json::from_str::<String>(&escaped(&json)).unwrap(), name, "JSON stays what it was");
    }
}
