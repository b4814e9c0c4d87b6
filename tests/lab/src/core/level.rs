//! `level="..."`: who sees an element of the metadata. Rights to call a function are `Functions::level`.

use crate::core::options::BareLevel;
use crate::document::Node;
use std::collections::BTreeSet;

/// The number behind a level's name (facts/coremanager 3.1).
fn number(name: &str) -> Option<u8> {
    match name {
        "nobody" => Some(0),
        "mailbox" => Some(9),
        "user" => Some(16),
        "reseller" => Some(24),
        "admin" => Some(29),
        "super" | "root" => Some(30),
        digits => digits.parse().ok(),
    }
}

/// Whether somebody of this level is meant by a space separated list of numbers and names, each with `+` for "and above".
pub fn allows(list: &str, level: u8, bare: BareLevel) -> bool {
    list.split_whitespace().any(|token| match token.strip_suffix('+') {
        Some(least) => number(least).is_some_and(|least| level >= least),
        None => number(token).is_some_and(|named| match bare {
            // Root works as the first of the administrators: what is theirs is root's.
            BareLevel::Exact => level == named || (named == 29 && level == 30),
            BareLevel::AtLeast => level >= named,
        }),
    })
}

/// Cuts from metadata what somebody of this level may not see, what belongs to a feature that is off, and, for a form that
/// makes something new, what has `remove_if="new"`. Returns the names of cut fields and columns: their data goes as well.
pub fn cut(metadata: &mut Node, level: u8, bare: BareLevel, features: &[String], new: bool) -> BTreeSet<String> {
    let mut gone = BTreeSet::new();
    cut_children(metadata, level, bare, features, new, &mut gone);
    let mut kept = BTreeSet::new();
    for tag in ["col", "field"] {
        kept.extend(metadata.descendants(tag).into_iter().filter_map(|node| node.get("name")));
    }
    gone.retain(|name: &String| !kept.contains(name.as_str()));
    gone
}

fn cut_children(
    node: &mut Node,
    level: u8,
    bare: BareLevel,
    features: &[String],
    new: bool,
    gone: &mut BTreeSet<String>,
) {
    let seen = |child: &Node| {
        child.get("level").is_none_or(|list| allows(list, level, bare))
            && child.get("if").is_none_or(|feature| features.iter().any(|on| on == feature))
            && !(new && child.get("remove_if") == Some("new"))
    };
    node.children.retain(|child| {
        if seen(child) {
            return true;
        }
        for name in std::iter::once(child).chain(descend(child)).filter(|node| holds_data(node)) {
            gone.extend(name.get("name").map(str::to_owned));
        }
        false
    });
    for child in &mut node.children {
        cut_children(child, level, bare, features, new, gone);
    }
}

fn descend(node: &Node) -> Vec<&Node> {
    node.children.iter().flat_map(|child| std::iter::once(child).chain(descend(child))).collect()
}

fn holds_data(node: &Node) -> bool {
    matches!(node.name.as_str(), "col" | "field" | "input" | "select" | "textarea" | "textdata" | "list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_list_means_whom_it_names() {
        for (list, level, exact, at_least) in [
            ("admin+", 29, true, true),
            ("admin+", 30, true, true),
            ("admin+", 16, false, false),
            ("admin", 30, true, true),
            ("admin", 16, false, false),
            ("user", 16, true, true),
            ("user", 29, false, true),
            ("user+", 29, true, true),
            ("29", 29, true, true),
            ("16+", 24, true, true),
            ("30", 29, false, false),
            ("user admin", 29, true, true),
            ("nothing", 30, false, false),
            ("", 30, false, false),
        ] {
            assert_eq!(allows(list, level, BareLevel::Exact), exact, "{list} for {level}, exact");
            assert_eq!(allows(list, level, BareLevel::AtLeast), at_least, "{list} for {level}, at least");
        }
    }

    #[test]
    fn what_is_cut_takes_its_data_along_unless_it_is_shown_elsewhere() {
        let mut metadata = Node::parse(
            "<metadata><coldata><col name='a' level='admin+'/><col name='b' level='admin'/><col name='b'/></coldata>\
             <form><field name='c' if='wings'/><field name='d' remove_if='new'/></form></metadata>",
        )
        .unwrap();
        let gone = cut(&mut metadata, 16, BareLevel::Exact, &[], true);
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), ["a", "c", "d"]);
        assert_eq!(metadata.child("coldata").unwrap().children.len(), 1);
    }
}
