//! The three ways of a repair, with what is not sure about them, and what became of a service because of its way.

use super::{Language, Say, both};
use crate::reselling::decision::Reason;
use crate::reselling::way::{FORGET, Hitch, NotManual, Via};

/// What a way does and risks, for the plan.
impl Say for Via {
    fn pair(&self) -> (String, String) {
        match self {
            Self::Callbacks => both(
                "By the panel's own functions, in the order in which the module would have called them; each one is read back \
                 before the next.",
                "Функциями самой панели, в том порядке, в каком их вызвал бы модуль; результат каждой читается до следующей.",
            ),
            Self::Module => both(
                "By the reselling module itself (sync_item). Which of the two sides it takes for the right one is not confirmed: it \
                 could change the service at the seller instead. So one service of each product goes first and both sides are read \
                 again; the others follow only if the seller's is unchanged and ours as wanted.",
                "Самим модулем перепродажи (sync_item). Какую из двух сторон он считает верной, не подтверждено: он может изменить \
                 услугу у продавца. Поэтому сначала обрабатывается одна услуга каждого типа и обе стороны читаются снова; \
                 остальные следуют, только если у продавца ничего не изменилось, а здесь всё как нужно.",
            ),
            Self::Manual => both(
                "By the remedy of the vendor's knowledge base: the service's rows are saved in var/resellguard/backups, SQL moves the \
                 service to the module for manual processing, its task is ended, the module is put back (by the next run, if this \
                 one is killed). Until then the service gets no events. The vendor advises against changes by SQL: have a backup of \
                 the panel, --backup asks it for one. The names of the task's fields are not confirmed.",
                "Способом из базы знаний разработчика: строки услуги сохраняются в var/resellguard/backups, SQL переводит услугу на \
                 модуль ручной обработки, её задача завершается, модуль возвращается (следующим запуском, если этот прервётся). До \
                 того услуга не получает событий. Разработчик не советует изменения через SQL: нужна резервная копия панели, \
                 --backup просит панель её сделать. Имена полей задачи не подтверждены.",
            ),
        }
    }
}

impl Say for Hitch {
    #[expect(clippy::too_many_lines, reason = "one entry a hitch, so that nothing can be missing")]
    fn pair(&self) -> (String, String) {
        match self {
            Self::ForwardOnly { via } => {
                let word = via.word();
                (
                    format!("--via {word} only completes what the seller has delivered; this is done without it."),
                    format!("--via {word} только завершает то, что продавец уже выполнил; это делается без него."),
                )
            }
            Self::NoSyncItem { detail } => (
                format!("The module does not offer sync_item ({detail}); use --via callbacks."),
                format!("Модуль не предлагает sync_item ({detail}); используйте --via callbacks."),
            ),
            Self::SyncItemNotOffered => both(
                "The module does not offer sync_item: its features do not name it; use --via callbacks.",
                "Модуль не предлагает sync_item: его нет среди возможностей модуля; используйте --via callbacks.",
            ),
            Self::ModuleNotKnown => both(
                "Which module would have to do it is not known; use --via callbacks.",
                "Неизвестно, какой модуль должен это сделать; используйте --via callbacks.",
            ),
            Self::NoManualModule { candidates } => {
                let (english, russian) = if candidates.is_empty() {
                    ("none".to_owned(), "нет ни одного".to_owned())
                } else {
                    (candidates.join("; "), candidates.join("; "))
                };
                (
                    format!(
                        "Which module is the one for manual processing is not clear; candidates: {english}. Name it as manual_module \
                     under [sync] in the settings."
                    ),
                    format!(
                        "Неясно, какой модуль предназначен для ручной обработки; возможны: {russian}. Укажите его как manual_module в \
                     разделе [sync] настроек."
                    ),
                )
            }
            Self::NotManual { module, why } => {
                let (english, russian) = match why {
                    NotManual::Absent => ("does not exist", "не существует"),
                    NotManual::Resells => ("is a reselling module", "это модуль перепродажи"),
                    NotManual::Connects => (
                        "has an address or a login, which manual processing has not",
                        "имеет адрес или учётные данные, а у ручной обработки их нет",
                    ),
                };
                (
                    format!("The module {module} that manual_module names {english}."),
                    format!("Модуль {module}, указанный в manual_module: {russian}."),
                )
            }
            Self::NoEmployee { id } => (
                format!("This panel has no employee {id}, so nothing is done; the ids stand in its list of employees."),
                format!(
                    "Сотрудника {id} в этой панели нет, поэтому ничего не делается; номера есть в списке сотрудников."
                ),
            ),
            Self::NoTask => both(
                "No running operation with a task waits here, and ending that task is what this way does; use --via callbacks.",
                "Здесь нет операции с задачей, а этот способ завершает именно задачу; используйте --via callbacks.",
            ),
            Self::TaskNotUnderstood { detail } => (
                format!("The panel's form of the task is not what this way needs ({detail}); use --via callbacks."),
                format!(
                    "Форма задачи в панели не такая, какая нужна этому способу ({detail}); используйте --via callbacks."
                ),
            ),
            Self::RowsNotKept { detail } => (
                format!("The service's rows could not be saved, so nothing was called: {detail}"),
                format!("Строки услуги не удалось сохранить, поэтому ничего не вызвано: {detail}"),
            ),
            Self::BackupRefused { detail } => (
                format!("The panel did not make the backup that was asked for, so nothing else was called: {detail}"),
                format!("Панель не сделала запрошенную резервную копию, поэтому больше ничего не вызвано: {detail}"),
            ),
            Self::SellerChanged { detail } => (
                format!(
                    "ALARM: the seller's service is not what it was before ({detail}). The module may work in the other direction. The \
                 run was stopped; look at the seller at once, and do not use --via module."
                ),
                format!(
                    "ТРЕВОГА: услуга у продавца уже не та, что была ({detail}). Возможно, модуль работает в обратную сторону. Запуск \
                 остановлен; немедленно проверьте услугу у продавца и не используйте --via module."
                ),
            ),
            Self::SellerUnclear { detail } => (
                format!(
                    "Whether the seller's service is unchanged could not be read, so the run was stopped: {detail}"
                ),
                format!(
                    "Не удалось прочитать, не изменилась ли услуга у продавца, поэтому запуск остановлен: {detail}"
                ),
            ),
            Self::ChangedBefore { item, at } => (
                format!(
                    "At {at} the module changed the seller's side when service {item} was repaired. Look at that service there first; for a \
                     day this way is not gone again. The other ways are open: --via callbacks."
                ),
                format!(
                    "{at} при исправлении услуги {item} модуль изменил сторону продавца. Сначала проверьте ту услугу у продавца; сутки этот \
                     способ не используется. Остальные доступны: --via callbacks."
                ),
            ),
            Self::NotCompared { item, at } => (
                format!(
                    "At {at} the module was given service {item}, and what it did at the seller has not been compared yet. A sync does that, \
                     five minutes after the call at the earliest; until then this way is not gone. The other ways are open: --via callbacks."
                ),
                format!(
                    "{at} модулю была передана услуга {item}, и сделанное у продавца ещё не сверено. Это сделает sync, не раньше чем через \
                     пять минут после вызова; до того этот способ не используется. Остальные доступны: --via callbacks."
                ),
            ),
            Self::Stopped { item } => (
                format!("Nothing was called: the run was stopped after service {item}."),
                format!("Ничего не вызвано: запуск остановлен после услуги {item}."),
            ),
            Self::PutBack { module } => (
                format!(
                    "An interrupted repair had left the service on the manual module; it is on module {module} again."
                ),
                format!("Прерванный запуск оставил услугу на ручном модуле; теперь она снова на модуле {module}."),
            ),
            Self::BackUnwritten { module, why, detail } => {
                let why = |language| before(why.as_deref(), language);
                (
                    format!(
                        "{}The service is on module {module} again all the same; that could not be written down ({detail}), and the next \
                         sync does it.",
                        why(Language::En)
                    ),
                    format!(
                        "{}Услуга всё же возвращена на модуль {module}; записать это в журнал не удалось ({detail}), это сделает \
                         следующий запуск sync.",
                        why(Language::Ru)
                    ),
                )
            }
            Self::NotForgotten { module, active, why, detail } => {
                let why = |language| before(why.as_deref(), language);
                let (english, russian) = if *active { ("active and ", "активна и ") } else { ("", "") };
                (
                    format!(
                        "{}The service is {english}on module {module} again, but the panel may still remember the manual module ({FORGET}: \
                         {detail}); the next sync repeats that.",
                        why(Language::En)
                    ),
                    format!(
                        "{}Услуга {russian}снова на модуле {module}, но панель, возможно, ещё помнит ручной модуль ({FORGET}: {detail}); \
                         следующий запуск sync это повторит.",
                        why(Language::Ru)
                    ),
                )
            }
            Self::Forgotten { module } => (
                format!("The service is on its own module, {module}, and the panel was made to forget the manual one."),
                format!("Услуга на своём модуле {module}; память панели о ручном модуле очищена."),
            ),
            Self::OnManual { module, why, from } => {
                let why = |language| before(why.as_deref(), language);
                let (english, russian) = match from {
                    Some(from) => (
                        format!(
                            "the panel may still be at its task; a sync puts it back to module {module} from {from} on"
                        ),
                        format!("панель, возможно, ещё выполняет задачу; с {from} sync вернёт её на модуль {module}"),
                    ),
                    None => (
                        format!("the next sync puts it back to module {module}"),
                        format!("следующий запуск sync вернёт её на модуль {module}"),
                    ),
                };
                let stay = (
                    "The service is still on the manual module and gets no events",
                    "Услуга ещё на ручном модуле и не получает событий",
                );
                (
                    format!("{}{}; {english}.", why(Language::En), stay.0),
                    format!("{}{}; {russian}.", why(Language::Ru), stay.1),
                )
            }
            Self::Taken { module: Some(module) } => (
                format!("Somebody has moved the service to module {module} meanwhile; that was left as it is."),
                format!("Тем временем кто-то перевёл услугу на модуль {module}; это оставлено как есть."),
            ),
            Self::Taken { module: None } => both(
                "Somebody has taken the service off its module meanwhile; that was left as it is.",
                "Тем временем кто-то снял услугу с модуля; это оставлено как есть.",
            ),
        }
    }
}

/// A reason as the sentence before another one; a technical detail at its end may have no stop.
fn before(why: Option<&Reason>, language: Language) -> String {
    let Some(why) = why else { return String::new() };
    let said = why.say(language);
    let stop = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{said}{stop} ")
}
