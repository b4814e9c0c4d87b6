//! Every conclusion that the code can say, from the code itself: what has to have a case in the tables and a scene in the lab.

use std::collections::BTreeSet;

pub fn all() -> BTreeSet<&'static str> {
    let code = include_str!("../../src/reselling/conclusion/mod.rs");
    let (_, words) = code.split_once("pub fn kind(&self)").expect("the function");
    let (words, _) = words.split_once("\n    }\n}").expect("its end");
    let kinds: BTreeSet<&str> = words.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(kinds.len() > 50, "{kinds:?}");
    kinds
}
