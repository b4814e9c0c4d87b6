//! What happened, what was not changed, what to do next: for every kind of error, in both languages.
//!
//! The technical detail of one error is not here: it is in the `Error`, mostly in English, and is shown beside this.

use super::{Language, Say};
use crate::error::{Error, Kind};

/// Three sentences for a person who has to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guidance {
    pub happened: &'static str,
    pub unchanged: &'static str,
    pub next: &'static str,
}

impl Kind {
    pub fn guidance(self, language: Language) -> Guidance {
        let [happened, unchanged, next] = self.texts();
        Guidance {
            happened: language.choose(happened),
            unchanged: language.choose(unchanged),
            next: language.choose(next),
        }
    }

    /// Happened, unchanged, next: each as (English, Russian).
    #[expect(clippy::too_many_lines, reason = "one entry a kind, so that nothing can be missing")]
    fn texts(self) -> [(&'static str, &'static str); 3] {
        const NOTHING: (&str, &str) = ("Nothing was changed.", "Ничего не изменено.");
        const READING: (&str, &str) = (
            "Reading changes nothing; if a repair was under way, its journal entry says what had been done.",
            "Чтение ничего не меняет; если шло исправление, в записи журнала указано, что уже сделано.",
        );
        const JOURNAL: (&str, &str) = (
            "What was done before this is in the journal; nothing was done after it.",
            "Всё, что сделано до этого, записано в журнале; после этого ничего не делалось.",
        );
        match self {
            Self::Usage => [
                ("The request is not understood.", "Запрос непонятен."),
                NOTHING,
                ("Correct the argument named here and repeat.", "Исправьте указанный аргумент и повторите."),
            ],
            Self::Settings => [
                ("The settings file is wrong.", "Ошибка в файле настроек."),
                NOTHING,
                (
                    "Correct what is named here in etc/resellguard.toml; only root may own, read and write it.",
                    "Исправьте указанное в etc/resellguard.toml; владеть файлом, читать и менять его может только root.",
                ),
            ],
            Self::PanelFiles => [
                ("The panel's own files could not be read.", "Не удалось прочитать файлы самой панели."),
                NOTHING,
                (
                    "Check the file named here, and that this is the server of the panel.",
                    "Проверьте указанный файл и то, что это сервер панели.",
                ),
            ],
            Self::Database => [
                ("The panel's database could not be read.", "Не удалось прочитать базу данных панели."),
                READING,
                (
                    "Check that the database server runs and that the panel itself works; then repeat.",
                    "Проверьте, что сервер баз данных запущен и сама панель работает, затем повторите.",
                ),
            ],
            Self::Mgrctl => [
                ("The panel's mgrctl gave no usable answer.", "mgrctl панели не дал понятного ответа."),
                (
                    "Whether this one call took effect is not known; what was done before it is in the journal.",
                    "Сработал ли именно этот вызов, неизвестно; всё, что сделано до него, записано в журнале.",
                ),
                (
                    "Look into billmgr.log, then repeat: a repeated run reads both sides first and does nothing twice.",
                    "Посмотрите billmgr.log и повторите: новый запуск сначала читает обе стороны и ничего не делает дважды.",
                ),
            ],
            Self::Unanswered => [
                ("The panel did not answer in time.", "Панель не ответила вовремя."),
                (
                    "The call may still take effect; what was done before it is in the journal.",
                    "Вызов ещё может сработать; всё, что сделано до него, записано в журнале.",
                ),
                (
                    "Wait some minutes, look into billmgr.log, then repeat: both sides are read first, and nothing is done twice.",
                    "Подождите несколько минут, посмотрите billmgr.log и повторите: сначала читаются обе стороны, и ничего не делается дважды.",
                ),
            ],
            Self::PanelAnswer => [
                ("The panel refused the call.", "Панель отклонила вызов."),
                JOURNAL,
                (
                    "Remove the cause that the panel names, then repeat.",
                    "Устраните причину, которую назвала панель, и повторите.",
                ),
            ],
            Self::SellerUnreachable => [
                ("The seller could not be reached.", "Продающая панель недоступна."),
                READING,
                (
                    "Check the address in the processing module, the network and the time limit, then repeat.",
                    "Проверьте адрес в модуле обработки, сеть и ограничение времени, затем повторите.",
                ),
            ],
            Self::SellerCertificate => [
                ("The seller's connection is not trusted.", "Соединению с продающей панелью нельзя доверять."),
                ("Nothing was changed, and no password was sent.", "Ничего не изменено, пароль не отправлялся."),
                (
                    "Use https:// with a valid certificate, or name the seller's authority in [seller] ca_file.",
                    "Используйте https:// с действительным сертификатом или укажите центр сертификации в [seller] ca_file.",
                ),
            ],
            Self::SellerLogin => [
                ("The seller refused the login.", "Продающая панель отклонила вход."),
                READING,
                (
                    "Check user and password of the processing module, the seller's list of allowed addresses, and that two-factor login is off for this user.",
                    "Проверьте пользователя и пароль в модуле обработки, список разрешённых адресов у продавца и то, что двухфакторный вход для этого пользователя выключен.",
                ),
            ],
            Self::SellerRights => [
                ("The seller does not let this user do it.", "Продающая панель не разрешает это пользователю модуля."),
                READING,
                (
                    "Ask the seller to give the user the rights for reselling.",
                    "Попросите продавца дать пользователю права на перепродажу услуг.",
                ),
            ],
            Self::Answer => [
                ("The answer could not be read.", "Ответ не удалось прочитать."),
                READING,
                (
                    "Open the address named here in a browser: it must be the API of a BILLmanager.",
                    "Откройте указанный адрес в браузере: там должен быть API BILLmanager.",
                ),
            ],
            Self::State => [
                ("The plugin's own directory cannot be used.", "Не удаётся использовать собственный каталог плагина."),
                (
                    "Nothing was changed: what cannot be written down is not done.",
                    "Ничего не изменено: чего нельзя записать, то не делается.",
                ),
                (
                    "Check free space and rights of var/resellguard; it belongs to root, mode 0700. If a file in it is damaged, move \
                     journal.db and journal.head away together: a new journal begins. It does not know what a killed repair has left on the manual \
                     module; resellguard doctor looks for that.",
                    "Проверьте свободное место и права на var/resellguard: владелец root, права 0700. Если файл в нём повреждён, уберите \
                     вместе journal.db и journal.head: начнётся новый журнал. Он не знает, что прерванное исправление оставило на ручном модуле; \
                     это ищет resellguard doctor.",
                ),
            ],
            Self::Locked => [
                ("Another run is at work.", "Уже идёт другой запуск."),
                NOTHING,
                ("Wait until it has ended, then repeat.", "Дождитесь его окончания и повторите."),
            ],
            Self::NotFound => [
                ("There is no such thing here.", "Такого здесь нет."),
                NOTHING,
                (
                    "Check the id; refresh the list it came from.",
                    "Проверьте номер; обновите список, из которого он взят.",
                ),
            ],
            Self::File => [
                ("A file cannot be used.", "Файл использовать нельзя."),
                NOTHING,
                (
                    "Mend what is named here: name, folder, rights, free space, packing; what is written has to be a new file.",
                    "Исправьте указанное: имя, папку, права, место на диске, сжатие; записать можно только новый файл.",
                ),
            ],
            Self::Forbidden => [
                ("Only an administrator may do this.", "Это может делать только администратор."),
                NOTHING,
                ("Log in as an administrator of the panel.", "Войдите как администратор панели."),
            ],
            Self::Internal => [
                ("A fault in the plugin.", "Ошибка в самом плагине."),
                JOURNAL,
                (
                    "Look into var/resellguard.log and report it together with its last lines.",
                    "Посмотрите var/resellguard.log и сообщите об ошибке, приложив его последние строки.",
                ),
            ],
        }
    }
}

/// The whole of it: what happened, the detail, what was not changed, what to do.
impl Say for Error {
    fn pair(&self) -> (String, String) {
        let whole = |language| {
            let guidance = self.kind.guidance(language);
            let detail = self.detail_in(language);
            let detail = detail.trim_end_matches('.');
            if detail.is_empty() {
                format!("{} {} {}", guidance.happened, guidance.unchanged, guidance.next)
            } else {
                let happened = guidance.happened.trim_end_matches('.');
                format!("{happened}: {detail}. {} {}", guidance.unchanged, guidance.next)
            }
        };
        (whole(Language::En), whole(Language::Ru))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_what_was_not_changed_and_what_to_do() {
        let error = Error::new(Kind::Locked, "process 17 holds var/resellguard/lock");
        let (english, russian) = error.pair();
        assert_eq!(
            english,
            "Another run is at work: process 17 holds var/resellguard/lock. Nothing was changed. Wait until it has ended, then repeat."
        );
        assert!(russian.starts_with("Уже идёт другой запуск: process 17 holds"), "{russian}");
        assert!(russian.contains("Ничего не изменено."), "{russian}");
    }
}
