//! The causes inside an error's technical detail that people meet most, in Russian. The detail itself is kept in English, for logs, JSON and
//! the journal; what a seller or a program said in its own words stays as it came.

use std::borrow::Cow;

/// The words of `seller::error`, `billmgr::mgrctl` and `billmgr::connection`, which their tests hold to this list.
const CAUSES: [(&str, &str); 31] = [
    (
        "the seller wants a captcha solved: log in there once with a browser, from this server's address",
        "продавец требует капчу: войдите у него один раз через браузер с адреса этого сервера",
    ),
    (
        "the account has two-factor authentication, which a module cannot pass",
        "у учётной записи включена двухфакторная аутентификация, модуль её не пройдёт",
    ),
    (
        "the seller does not allow the login from this server's address",
        "продавец не разрешает вход с адреса этого сервера",
    ),
    ("the seller refused the login", "продавец отклонил вход"),
    ("the account may not do this", "у учётной записи нет на это прав"),
    ("the seller has no such thing", "у продавца такого нет"),
    ("the seller answered with an error", "продавец ответил ошибкой"),
    ("the seller answered with its login page", "продавец ответил страницей входа"),
    (
        "something in front of the panel refuses this server's address or login",
        "что-то перед панелью не пропускает адрес этого сервера или его вход",
    ),
    ("there is no panel at the module's address", "по адресу из модуля панели нет"),
    ("the seller asks for fewer requests", "продавец просит запрашивать реже"),
    ("the seller is in trouble", "у продавца сбой"),
    ("no answer within", "нет ответа за"),
    ("no connection", "нет соединения"),
    ("the connection broke", "соединение оборвалось"),
    ("TLS failed", "ошибка TLS"),
    ("its certificate has expired", "его сертификат истёк"),
    (
        "its certificate is not valid yet; is this server's clock right?",
        "его сертификат ещё не действует; верны ли часы этого сервера?",
    ),
    (
        "its certificate was issued by an authority that this server does not know (an authority of your own goes into `ca_file` of \
         [seller])",
        "его сертификат выдан центром, которого этот сервер не знает (свой центр указывается в `ca_file` раздела [seller])",
    ),
    ("its certificate is for another name", "его сертификат выдан на другое имя"),
    ("its certificate was revoked", "его сертификат отозван"),
    ("its certificate is not accepted", "его сертификат не принят"),
    ("its list may be short", "его список, возможно, неполон"),
    ("the seller's form shows no certificate", "в форме у продавца нет сертификата"),
    ("mgrctl ended with status", "mgrctl завершился с кодом"),
    ("mgrctl ended with signal", "mgrctl завершён сигналом"),
    ("no answer in time; the call may still take effect", "нет ответа вовремя; вызов ещё может подействовать"),
    ("there is no <ok/> in the answer", "в ответе нет <ok/>"),
    ("the panel's database: it does not answer in time", "база данных панели не отвечает"),
    ("the panel's database: the connection is lost", "соединение с базой данных панели потеряно"),
    ("the panel's database", "база данных панели"),
];

/// The detail with its cause in Russian: the first one, for what comes after it may be another's words.
pub fn russian(detail: &str) -> Cow<'_, str> {
    let first = CAUSES.iter().filter_map(|(english, russian)| Some((detail.find(english)?, english, russian)));
    match first.min_by_key(|(place, english, _)| (*place, std::cmp::Reverse(english.len()))) {
        Some((_, english, russian)) => detail.replacen(english, russian, 1).into(),
        None => detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_said_and_what_others_said_stays() {
        for (english, said) in [
            (
                "seller.example: vds: the seller refused the login (auth badpassword): the seller is in trouble",
                "seller.example: vds: продавец отклонил вход (auth badpassword): the seller is in trouble",
            ),
            ("a: HTTP 500, titled 'x': the seller is in trouble", "a: HTTP 500, titled 'x': у продавца сбой"),
            ("vds.open: mgrctl ended with status 3: no space", "vds.open: mgrctl завершился с кодом 3: no space"),
            ("a: no answer within 10s", "a: нет ответа за 10s"),
            ("something new", "something new"),
        ] {
            assert_eq!(russian(english), said);
        }
    }
}
