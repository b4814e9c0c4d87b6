//! The web page in a real browser: what a person sees, presses and reads.

use crate::sample::{Sample, admin};
use lab::browser::{At, Browser};
use lab::core::{MultiSelect, Options, Origin};

fn login(browser: &Browser, sample: &Sample, user: &str) {
    browser.open(&sample.panel.url());
    browser.fill("input[name=username]", user);
    browser.fill("input[name=password]", "secret");
    browser.click(At::Text("Log in"));
    browser.text("aside");
}

/// A picture of the page when somebody wants to look: `LAB_PICTURES=folder`.
fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("LAB_PICTURES") {
        browser.screenshot(&std::path::Path::new(&folder).join(name));
    }
}

#[test]
fn a_person_logs_in_selects_rows_presses_a_plugins_button_and_fills_its_form() {
    let sample = Sample::start(&["orderstamp", "guestbook"], Options::default());
    let browser = Browser::start();
    browser.open(&sample.panel.url());
    browser.fill("input[name=username]", "admin");
    browser.fill("input[name=password]", "wrong");
    browser.click(At::Text("Log in"));
    assert_eq!(browser.text(".notice.error"), "Invalid username or password");
    login(&browser, &sample, "admin");
    browser.click(At::Text("Servers"));
    assert_eq!(browser.text("h1"), "Servers");
    assert!(!browser.enabled("button[value=stamp]"), "nothing is selected");
    browser.click(At::Css("tr[data-id='3'] input"));
    assert!(!browser.enabled("button[value=stamp]"), "the row's status hides the button");
    browser.click(At::Css("tr[data-id='3'] input"));
    browser.click(At::Css("tr[data-id='1'] input"));
    browser.click(At::Css("tr[data-id='2'] input"));
    picture(&browser, "list.png");
    sample.panel.clear_calls();
    browser.click(At::Text("Stamp"));
    assert_eq!(browser.text("h1"), "Stamp: 1, 2");
    browser.fill("input[name=word]", "paid <b>in full</b>");
    picture(&browser, "form.png");
    browser.click(At::Text("Ok"));
    assert_eq!(browser.text("h1"), "Servers");
    assert_eq!(sample.read("var/orderstamp.txt"), "1, 2: paid <b>in full</b>\n");
    let calls = sample.panel.calls();
    let seen: Vec<_> = calls.iter().map(|call| (call.origin, call.function.as_str())).collect();
    let expected = [(Origin::Http, "orderstamp.stamp"), (Origin::Http, "orderstamp.stamp"), (Origin::Http, "vds")];
    assert_eq!(seen, expected, "a page makes the calls that were asked for, and no other");
    let submitted: Vec<_> = calls[1].params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        submitted,
        [("elid", "1, 2"), ("sok", "ok"), ("word", "paid <b>in full</b>"), ("ink", "blue"), ("clicked_button", "ok")]
    );
}

#[test]
fn a_selection_stays_whole_when_the_panel_takes_one_row_at_a_time() {
    let options = Options { multi_select: MultiSelect::PerElement, ..Options::default() };
    let sample = Sample::start(&["orderstamp"], options);
    let browser = Browser::start();
    login(&browser, &sample, "admin");
    browser.open(&format!("{}?func=vds", sample.panel.url()));
    browser.click(At::Css("tr[data-id='1'] input"));
    browser.click(At::Css("tr[data-id='2'] input"));
    browser.click(At::Text("Stamp"));
    browser.fill("input[name=word]", "both");
    browser.click(At::Text("Ok"));
    assert_eq!(browser.text("h1"), "Servers");
    assert_eq!(sample.read("var/orderstamp.txt"), "1: both\n2: both\n");
}

#[test]
fn every_kind_of_control_is_shown_and_sent() {
    let sample = Sample::start(&["inkwell"], Options::default());
    let browser = Browser::start();
    login(&browser, &sample, "admin");
    browser.click(At::Text("Inkwell"));
    assert_eq!(browser.text("h1"), "Inkwell: Ann");
    assert_eq!(browser.text("#field-warn"), "Ink stains");
    assert_eq!(browser.text("#field-left"), "There is ink for 12 pages");
    assert_eq!(browser.text("#field-raw"), "<b>bold</b> &amp;");
    assert_eq!(browser.texts("#list-history th"), ["No.", "State", "What happened"]);
    assert_eq!(browser.texts("#list-history td.red"), ["Dry"]);
    // `setvalues`: the form comes again, filled by the function.
    browser.click(At::Css("input[name=colour][value=red]"));
    assert_eq!(browser.text("textarea[name=note]"), "colour chose red");
    assert_eq!(browser.texts("[data-field=colour] label"), ["Black", "Red"]);
    picture(&browser, "controls.png");
    browser.fill("input[name=pin]", "1234");
    browser.click(At::Css("input[name=lid]"));
    browser.click(At::Css("input[name=cork]"));
    assert_eq!(browser.texts("[data-field=note]"), [""], "the condition hides the field");
    browser.click(At::Text("Pour"));
    browser.text(".notice.done");
    let sent = sample.read("var/inkwell.txt");
    let expected = "PARAM_clicked_button=pour\nPARAM_colour=red\nPARAM_cork=off\nPARAM_func=inkwell\nPARAM_lid=off\n\
                    PARAM_note=colour chose red\nPARAM_owner=Ann\nPARAM_pens=quill, reed\nPARAM_pin=1234\nPARAM_secret=s1\nPARAM_sok=ok\n";
    assert_eq!(sent, expected);
}

#[test]
fn an_error_of_a_form_is_shown_and_a_group_operation_asks_first() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    let browser = Browser::start();
    login(&browser, &sample, "admin");
    browser.open(&format!("{}?func=orderstamp.stamp&elid=1", sample.panel.url()));
    browser.click(At::Text("Ok"));
    assert_eq!(browser.text(".notice.error"), "A stamp needs a word");
    browser.open(&format!("{}?func=vds", sample.panel.url()));
    browser.click(At::Css("tr[data-id='1'] input"));
    browser.click(At::Css("tr[data-id='2'] input"));
    browser.click(At::Text("Delete"));
    assert_eq!(browser.text("#confirm .text"), "Delete one.example, two.example?");
    picture(&browser, "confirm.png");
    browser.click(At::Text("Cancel"));
    browser.click(At::Css("tr[data-id='2'] input"));
    browser.click(At::Text("Suspend"));
    assert_eq!(browser.text("#confirm .text"), "Suspend the servers two.example?");
    browser.click(At::Css("#yes"));
    assert_eq!(browser.text(".notice.done"), "Done");
    assert_eq!(browser.text("tr[data-id='2'] td.red"), "Suspended");
    browser.click(At::Css("tr[data-id='2'] input"));
    assert!(!browser.enabled("button[value=suspend]"), "it is suspended already");
}

#[test]
fn the_page_speaks_russian_and_shows_a_client_no_buttons_of_administrators() {
    let sample = Sample::start(&["orderstamp", "guestbook"], Options::default());
    let browser = Browser::start();
    login(&browser, &sample, "client");
    assert_eq!(browser.texts("aside a"), ["Servers", "Guest book"]);
    browser.click(At::Text("Servers"));
    browser.click(At::Text("Русский"));
    assert_eq!(browser.text("h1"), "Серверы");
    assert_eq!(browser.texts(".toolbar button"), ["Изменить"]);
    picture(&browser, "russian.png");
    browser.open(&format!("{}?func=vds.delete&elid=1", sample.panel.url()));
    assert_eq!(browser.text(".notice.error"), "Недостаточно прав для выполнения 'vds.delete'");
    assert_eq!(sample.panel.call("vds", &[], &admin()).all("elem").count(), 3);
    browser.click(At::Text("Выйти"));
    assert_eq!(browser.text("h1"), "Войти");
}

#[test]
fn text_of_others_never_becomes_part_of_the_page() {
    let sample = Sample::start(&[], Options::default());
    let hostile = "\"'><script>document.title='taken'</script><img src=x>";
    sample.panel.call("vds.edit", &[("elid", "1"), ("domain", hostile), ("sok", "ok")], &admin());
    let browser = Browser::start();
    login(&browser, &sample, "admin");
    browser.open(&format!("{}?func=vds", sample.panel.url()));
    assert!(browser.text("tr[data-id='1']").contains(hostile));
    assert_eq!(browser.text("tr[data-id='3'] td:nth-child(3)"), "<b>three</b>");
    browser.open(&format!("{}?func=vds.edit&elid=1&web_from=%22%3E%3Cscript%3E", sample.panel.url()));
    assert_eq!(browser.text("h1"), format!("Server: {hostile}"));
    assert!(browser.texts("main img, main script").is_empty());
}
