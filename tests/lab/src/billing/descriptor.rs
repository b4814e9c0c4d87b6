//! The panel's own descriptor: `descriptor.xml`, with one list, one form and one menu entry for each product type.
//!
//! Merging it with the descriptors of plugins is the core's work.

use super::schema::TYPES;

/// The parts that repeat for each type; `TYPE`, `NAME` and `NAMING` stand for the type's words.
const MENU: &str = r#"<node name="TYPE" type="list" action="TYPE"/>"#;
const METADATA: &str = r#"
  <metadata name="TYPE" type="list" key="id" keyname="name">
    <include name="service"/>
    <toolbar view="buttontext">
      <toolgrp name="edit">
        <toolbtn func="TYPE.edit" name="edit" type="edit" img="t-edit" default="yes" first="yes"/>
        <toolbtn func="TYPE.delete" name="delete" type="group" img="t-delete" warning="yes"><hide name="status" value="4"/></toolbtn>
      </toolgrp>
      <toolgrp name="resume">
        <toolbtn func="TYPE.resume" name="resume" type="group" img="t-on"><show name="status" value="3"/></toolbtn>
        <toolbtn func="TYPE.suspend" name="suspend" type="group" img="t-off"><show name="status" value="2"/></toolbtn>
      </toolgrp>
    </toolbar>
    <coldata>
      <col name="NAMING" type="data" sort="alpha" after="name"/>
      <col name="ip" type="data" sort="alpha" after="NAMING"/>
    </coldata>
  </metadata>
  <metadata name="TYPE.edit" type="form">
    <form title="name">
      <page name="main">
        <field name="name"><textdata name="name" type="data"/></field>
        <field name="NAMING"><textdata name="NAMING" type="data"/></field>
        <field name="status"><textdata name="status" type="data"/></field>
        <field name="expiredate"><textdata name="expiredate" type="data"/></field>
        <field name="remoteid"><input type="text" name="remoteid"/></field>
      </page>
      <buttons><button name="ok" type="ok"/><button name="cancel" type="cancel"/></buttons>
    </form>
  </metadata>"#;
const DESKTOP: &str = r#"<msg name="menu_TYPE">NAME</msg>"#;
const MESSAGES: &str = r#"
    <messages name="TYPE"><include name="service"/><msg name="title">NAME</msg></messages>
    <messages name="TYPE.edit"><include name="service"/><msg name="title">NAME</msg><msg name="status">STATUS</msg><msg name="msg_ok">Ok</msg><msg name="msg_cancel">CANCEL</msg></messages>"#;

pub(super) fn descriptor() -> String {
    let each = |part: &str, russian: bool| -> String {
        let (status, cancel) = if russian { ("Состояние", "Отмена") } else { ("Status", "Cancel") };
        TYPES
            .iter()
            .map(|(intname, name, name_ru, naming)| {
                part.replace("STATUS", status)
                    .replace("CANCEL", cancel)
                    .replace("NAMING", naming)
                    .replace("NAME", if russian { name_ru } else { name })
                    .replace("TYPE", intname)
            })
            .collect()
    };
    include_str!("descriptor.xml")
        .replace("<!-- types: menu -->", &each(MENU, false))
        .replace("<!-- types: metadata -->", &each(METADATA, false))
        .replace("<!-- types: desktop en -->", &each(DESKTOP, false))
        .replace("<!-- types: desktop ru -->", &each(DESKTOP, true))
        .replace("<!-- types: messages en -->", &each(MESSAGES, false))
        .replace("<!-- types: messages ru -->", &each(MESSAGES, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Node;

    #[test]
    fn every_type_has_its_list_its_form_and_its_texts_in_both_languages() {
        let doc = Node::parse(&descriptor()).unwrap();
        for (intname, ..) in TYPES {
            for name in [intname.to_owned(), format!("{intname}.edit")] {
                assert!(doc.all("metadata").any(|metadata| metadata.get("name") == Some(&name)), "{name}");
                for lang in doc.all("lang") {
                    assert!(lang.all("messages").any(|messages| messages.get("name") == Some(&name)), "{name}");
                }
            }
        }
    }

    #[test]
    fn russian_has_the_messages_that_english_has() {
        let doc = Node::parse(&descriptor()).unwrap();
        let names = |lang: &str| -> Vec<(String, String)> {
            let lang = doc.all("lang").find(|node| node.get("name") == Some(lang)).unwrap();
            let of = |messages: &Node| -> Vec<(String, String)> {
                let function = messages.get("name").unwrap().to_owned();
                messages.all("msg").map(|msg| (function.clone(), msg.get("name").unwrap().to_owned())).collect()
            };
            lang.all("messages").flat_map(of).collect()
        };
        assert_eq!(names("en"), names("ru"));
    }
}
