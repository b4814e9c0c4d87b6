//! Why a service is where it is, as one paragraph: what is so, what it means, what to do. One entry a conclusion; what several
//! of them fill in is in `parts`.

mod failed;
mod parts;
mod unread;

use super::causes;
use super::{Say, both, english, expiry_kept, russian};
use crate::reselling::conclusion::Conclusion;
use crate::reselling::verdict::Verdict;
use crate::reselling::way::Hitch;
use parts::{
    delivered, have, last_seen, meaning, minutes, moment, not_resold, own_account, polls_texts, reader, refusal_texts,
    repair, since_texts, suspended_here, suspended_there, told,
};
use unread::{hidden, not_read};

impl Say for Conclusion {
    #[expect(clippy::too_many_lines, reason = "one entry a conclusion, so that nothing can be missing")]
    fn pair(&self) -> (String, String) {
        match self {
            Self::NotRead { why, logged, other_id_unknown } => not_read(why, logged, *other_id_unknown),
            Self::LogOnly { what, at, text, times, why } => {
                let (meaning_en, meaning_ru) = meaning(*what);
                let [hidden, remedy] = hidden(why);
                (
                    format!(
                        "Only the module's log could tell: {meaning_en} {}, the last {}: {text}. How the service stands now was not looked at: {}. \
                         What to do: {}.",
                        english(*times as u64, "time", "times"),
                        at.map_or_else(|| "at an unknown time".into(), |at| format!("on {}", moment(at))),
                        hidden.0,
                        remedy.0,
                    ),
                    format!(
                        "Судить можно только по журналу модуля: {meaning_ru} {}, последний раз {}: {text}. Как услуга обстоит сейчас, не проверялось: {}. \
                         Что делать: {}.",
                        russian(*times as u64, "раз", "раза", "раз"),
                        at.map_or_else(|| "в неизвестное время".into(), moment),
                        hidden.1,
                        remedy.1,
                    ),
                )
            }
            Self::ModuleUnreadable { detail } => (
                format!(
                    "The login of the service's processing module cannot be read, so the seller was not asked: {detail}. What to do: save the module's settings in the panel again."
                ),
                format!(
                    "Данные для входа модуля обработки прочитать не удалось, продавец не опрошен: {detail}. Что делать: сохраните настройки модуля в панели заново."
                ),
            ),
            Self::NotResold { served } => not_resold(served),
            Self::OnManual { own } => {
                let (english, russian) = Hitch::OnManual { module: *own, why: None, from: None }.pair();
                (
                    format!(
                        "A repair by the manual module was interrupted. {english} What to do: resellguard sync, nothing by hand."
                    ),
                    format!(
                        "Исправление через ручной модуль было прервано. {russian} Что делать: resellguard sync, вручную ничего не нужно."
                    ),
                )
            }
            Self::UnpaidHere { row: None } => both(
                "The order is not paid here, so nothing was ordered from the seller. What to do: nothing; it goes on when the customer pays.",
                "Заказ здесь не оплачен, поэтому у продавца ничего не заказано. Что делать: ничего; после оплаты клиентом он продолжится.",
            ),
            Self::UnpaidHere { row: Some((row, status)) } => {
                let (status_en, status_ru) = status.pair();
                (
                    format!(
                        "The order is not paid here, and yet the service is {status_en} at the seller ({row}), who charges this panel's account for it. It is never activated from here. What to do: a person has to look: either the customer has paid, or the service there has to go."
                    ),
                    format!(
                        "Заказ здесь не оплачен, но у продавца услуга {status_ru} ({row}), и деньги за неё списываются с учётной записи этой панели. Отсюда она никогда не активируется. Что делать: должен посмотреть человек: либо клиент заплатил, либо услугу у продавца нужно убрать."
                    ),
                )
            }
            Self::UnknownStatus { here } => {
                let number = here.map(|code| format!(" ({code})")).unwrap_or_default();
                (
                    format!(
                        "The service has a status here that is not known{number}. What to do: look at it in the panel."
                    ),
                    format!("У услуги здесь неизвестный статус{number}. Что делать: посмотрите её в панели."),
                )
            }
            Self::UnknownStatusThere { text } => (
                format!(
                    "The seller shows a status that is not known: '{text}'. What to do: look at the service there."
                ),
                format!("Продавец показывает неизвестный статус: «{text}». Что делать: посмотрите услугу у продавца."),
            ),
            Self::DeletedHereAliveThere { row } => (
                format!(
                    "The service is deleted here and lives on at the seller as {row}: it may still be charged. What to do: delete it there, after making sure that it is the same one."
                ),
                format!(
                    "Услуга удалена здесь, а у продавца живёт как {row}: за неё могут списываться деньги. Что делать: удалите её у продавца, убедившись, что это она."
                ),
            ),
            Self::Closed => both(
                "The service is deleted here, and nothing of it is alive at the seller. What to do: nothing.",
                "Услуга здесь удалена, и у продавца ничего от неё не осталось. Что делать: ничего.",
            ),
            Self::DoNothing => both(
                "The file etc/billmgr.DoNothing exists: this panel's modules are told to do nothing, so neither orders nor events go through. What to do: if this is no copy for tests, remove the file; what waits goes on, or is repaired by Force sync status.",
                "Существует файл etc/billmgr.DoNothing: модулям панели велено ничего не делать, поэтому не проходят ни заказы, ни события. Что делать: если это не тестовая копия, удалите файл; ожидающее продолжится или исправляется кнопкой «Синхронизировать статус».",
            ),
            Self::SellerRefused { refusal, detail } => {
                let (english, russian) = refusal_texts(*refusal);
                (format!("{english} ({detail})"), format!("{russian} ({})", causes::russian(detail)))
            }
            Self::SellerNotAsked => both(
                "The seller was not asked, and what is known here does not tell why the service waits. What to do: repeat without --offline on the panel's machine.",
                "Продавец не опрошен, а известного здесь недостаточно, чтобы понять, чего ждёт услуга. Что делать: повторите без --offline на машине панели.",
            ),
            Self::OperationRunning { operation, tries } => (
                format!(
                    "The panel itself is still at the operation '{operation}' ({}): it is not in manual mode and has no error yet. What to do: wait some minutes; if it stays, look at Tools, Running operations.",
                    english((*tries).max(0).unsigned_abs(), "try", "tries")
                ),
                format!(
                    "Панель ещё сама выполняет операцию «{operation}» ({}): она не в ручном режиме и пока без ошибки. Что делать: подождите несколько минут; если останется, смотрите «Инструменты», «Текущие операции».",
                    russian((*tries).max(0).unsigned_abs(), "попытка", "попытки", "попыток")
                ),
            ),
            Self::OrderFailed { error, tries, standing } => failed::order_failed(error, *tries, standing),
            Self::NoBalance { error, standing } => failed::no_balance(error.as_deref(), standing),
            Self::LinkContradicted { doubt } => {
                let (english, russian) = doubt.pair();
                (
                    format!(
                        "Which service at the seller is this one is contradicted, so nothing is concluded from it. {english} What to do: find the right one there, and correct the id that is noted on the side that is wrong."
                    ),
                    format!(
                        "Сведения о том, какая услуга у продавца соответствует этой, противоречивы, и выводы из них не делаются. {russian} Что делать: найдите у продавца верную и исправьте номер на той стороне, где он ошибочен."
                    ),
                )
            }
            Self::LinkMissing { row } => (
                format!(
                    "The seller's service {row} is noted here but does not carry this service's id, so no event of it can reach this panel's service. What to do: make sure that it is the same service, then have its remoteid set at the seller."
                ),
                format!(
                    "Здесь записана услуга продавца {row}, но она не несёт номера этой услуги, поэтому её события сюда не попадут. Что делать: убедитесь, что это та же услуга, и пусть у продавца ей зададут remoteid."
                ),
            ),
            Self::IdsHidden => both(
                "The seller's lists do not show which service is whose, so nothing proves which one is this service. What to do: compare the two by hand.",
                "Списки продавца не показывают, какая услуга чья, поэтому не доказано, какая из них эта. Что делать: сравните их вручную.",
            ),
            Self::PartlyRead => both(
                "The service is not in the part of the seller's list that could be read, and the rest was not shown: that says nothing. What to do: repeat later.",
                "В прочитанной части списка продавца услуги нет, а остальное не показано: это ни о чём не говорит. Что делать: повторите позже.",
            ),
            Self::NotAtSeller { delivered: false } => both(
                "No service at the seller carries this service's id, and the operation here has no error. The order was lost, made through another account, or the service was removed there; it does not mean that it was closed. What to do: look for it by its name at the seller before ordering again, for a second order costs money.",
                "Ни одна услуга у продавца не несёт номера этой услуги, а операция здесь без ошибки. Заказ пропал, сделан через другую учётную запись или услуга там удалена; это не значит, что она закрыта. Что делать: прежде чем заказывать снова, поищите её у продавца по имени: второй заказ стоит денег.",
            ),
            Self::NotAtSeller { delivered: true } => both(
                "The service had been delivered, and no service at the seller carries its id any more: it was removed there, belongs to another account now, or its id there was changed. That does not mean that it was closed. What to do: look for it by its name at the seller and ask there, before telling the customer anything or ordering anew.",
                "Услуга была предоставлена, но теперь ни одна услуга у продавца не несёт её номера: она там удалена, перешла к другой учётной записи или её номер там изменён. Это не значит, что она закрыта. Что делать: поищите её у продавца по имени и спросите его, прежде чем отвечать клиенту или заказывать заново.",
            ),
            Self::RightsMissing { delete: false } => both(
                "The suspension did not reach the seller: the account there may not suspend services (allowsuspenditem is off), so the service goes on and is charged. What to do: ask the seller for that right, then suspend again.",
                "Приостановка до продавца не дошла: учётной записи там нельзя останавливать услуги (allowsuspenditem выключен), поэтому услуга работает и оплачивается. Что делать: попросите у продавца это право и остановите услугу снова.",
            ),
            Self::RightsMissing { delete: true } => both(
                "The deletion did not reach the seller: the account there may not delete services (allowdeleteitem is off), so the service goes on and is charged. What to do: ask the seller for that right, then delete again.",
                "Удаление до продавца не дошло: учётной записи там нельзя удалять услуги (allowdeleteitem выключен), поэтому услуга работает и оплачивается. Что делать: попросите у продавца это право и удалите услугу снова.",
            ),
            Self::SuspendedHere { by, there } => suspended_here(*by, *there),
            Self::RenewalRunning => both(
                "A renewal of the service is running. While it does nothing else is done to the service. What to do: wait until it has ended; if it does not, look at Tools, Running operations.",
                "Выполняется продление услуги. До его конца с услугой больше ничего не делается. Что делать: дождитесь окончания; если его нет, смотрите «Инструменты», «Текущие операции».",
            ),
            Self::RenewalFailed { error, tries, standing, here, there } => {
                failed::renewal_failed(error, *tries, standing, *here, *there)
            }
            Self::OperationFailed { operation, error, tries, standing, row } => {
                failed::operation_failed(operation, error, *tries, standing, row.as_ref())
            }
            Self::OtherOperation { operation, row, progress } => {
                failed::other_operation(operation, row.as_ref(), *progress)
            }
            Self::TariffChangePending => both(
                "A change of the tariff is pending and has to end first. A change of a server's disk is never done by itself. What to do: look at the operation and its task; finish the change at the seller.",
                "Ожидается смена тарифа; сначала она должна закончиться. Смена диска сервера сама не выполняется. Что делать: посмотрите операцию и её задачу, завершите смену у продавца.",
            ),
            Self::SellerDeleted { row } => (
                format!(
                    "The seller has deleted the service ({row}). Nothing is closed here by itself. What to do: ask the seller why, talk to the customer, then order anew or close it."
                ),
                format!(
                    "Продавец удалил услугу ({row}). Здесь сама по себе она не закрывается. Что делать: узнайте у продавца причину, поговорите с клиентом, затем закажите заново или закройте."
                ),
            ),
            Self::SuspendedThere { row, by, standing } => suspended_there(row, *by, standing),
            Self::UnpaidAtSeller { row, balance } => {
                let (have_en, have_ru) = have(balance.as_deref());
                (
                    format!(
                        "The order is at the seller ({row}) but not paid there{have_en}. What to do: pay it in the account's cart at the seller."
                    ),
                    format!(
                        "Заказ у продавца есть ({row}), но там не оплачен{have_ru}. Что делать: оплатите его в корзине учётной записи у продавца."
                    ),
                )
            }
            Self::CertificateFailed => both(
                "The issue of the certificate failed. What to do: look at the reason at the seller, correct the order (the request, the approver) and start it again there.",
                "Выпуск сертификата завершился ошибкой. Что делать: посмотрите причину у продавца, исправьте заказ (запрос, подтверждающий адрес) и запустите его там снова.",
            ),
            Self::CertificateMarkedFailed { row } => (
                format!(
                    "The certificate is issued at the seller ({row}), and here it is still marked as failed: the event of its issue did not arrive. What to do: order nothing again. Compare the certificate in the seller's panel with the order; if it is the one, store it with the service here by hand, for what is marked as failed is not repaired by itself."
                ),
                format!(
                    "Сертификат у продавца выпущен ({row}), а здесь всё ещё помечен как неудачный: событие о его выпуске не пришло. Что делать: ничего не заказывайте снова. Сравните сертификат в панели продавца с заказом; если это он, сохраните его у услуги здесь вручную: помеченное как неудачное само не исправляется."
                ),
            ),
            Self::CertificateWaitsForApprover { approver } => {
                let (to_en, to_ru) = match approver {
                    Some(approver) => {
                        (format!("; the letter went to {approver}"), format!("; письмо отправлено на {approver}"))
                    }
                    None => (String::new(), String::new()),
                };
                (
                    format!(
                        "The certificate is ordered and waits for the approver's confirmation, or for the authority{to_en}. Waiting is right. What to do: let the customer confirm the letter; have it sent again at the seller if it was lost."
                    ),
                    format!(
                        "Сертификат заказан и ждёт подтверждения получателя или центра сертификации{to_ru}. Ожидание оправдано. Что делать: пусть клиент подтвердит письмо; если оно потерялось, отправьте его у продавца снова."
                    ),
                )
            }
            Self::CertificateRequested => both(
                "The certificate is requested at the seller and has not been passed on to the authority yet. Waiting is right. What to do: wait; ask the seller after a day.",
                "Сертификат запрошен у продавца и ещё не передан центру сертификации. Ожидание оправдано. Что делать: подождите; через сутки спросите продавца.",
            ),
            Self::WaitingNormally { row } => (
                format!("All is well: the order is at the seller ({row}), who is working on it. What to do: wait."),
                format!("Всё в порядке: заказ у продавца ({row}), он его выполняет. Что делать: ждать."),
            ),
            Self::NotActivatedYet { row, since } => (
                format!(
                    "The order has been at the seller ({row}) since {since} and is not activated yet. Nothing is wrong here. What to do: ask the seller."
                ),
                format!(
                    "Заказ у продавца ({row}) с {since} и ещё не активирован. Здесь всё в порядке. Что делать: спросите продавца."
                ),
            ),
            Self::ProcessingThere { row } => (
                format!(
                    "The seller is working on the service ({row}), while nothing waits here. What to do: look again later."
                ),
                format!(
                    "Продавец работает над услугой ({row}), а здесь ничего не ожидается. Что делать: проверьте позже."
                ),
            ),
            Self::MarkedSuspended { done } => {
                let (done_en, done_ru) = delivered(*done);
                (
                    format!(
                        "{done_en}, and here the service is marked as suspended (non-payment, staff or abuse) while it waits. What to do: a person has to say whether it may be activated."
                    ),
                    format!(
                        "{done_ru}, а здесь услуга помечена как приостановленная (неуплата, сотрудник или жалоба), хотя и ждёт. Что делать: можно ли её активировать, должен решить человек."
                    ),
                )
            }
            Self::CallUnderWay { call, at } => (
                format!(
                    "A repair is under way: the call {call} of {at} was not answered, and the panel may still be at it. What to do: look again in some minutes."
                ),
                format!(
                    "Идёт исправление: на вызов {call} от {at} не было ответа, панель, возможно, ещё его выполняет. Что делать: посмотрите снова через несколько минут."
                ),
            ),
            Self::NoOperation { row } => (
                format!(
                    "The seller has activated the service ({row}); here it is in progress, but no operation is running that the event could finish. What to do: activate it in the panel by hand."
                ),
                format!(
                    "Продавец активировал услугу ({row}); здесь она в обработке, но нет операции, которую завершило бы событие. Что делать: активируйте её в панели вручную."
                ),
            ),
            Self::CheckeventNotScheduled { done, commented, last_poll } => {
                let (how_en, how_ru) = if *commented {
                    ("commented out", "закомментирована")
                } else {
                    ("missing", "отсутствует")
                };
                let (done_en, done_ru) = delivered(*done);
                let (seen_en, seen_ru) = last_seen(*last_poll);
                (
                    format!(
                        "{done_en}, but this panel does not ask for events: the line of mgrctl -m billmgr checkevent is {how_en} in the schedule{seen_en}. What to do: put the line back (every five minutes); what then does not arrive is repaired by Force sync status."
                    ),
                    format!(
                        "{done_ru}, но панель не забирает события: строка mgrctl -m billmgr checkevent в расписании {how_ru}{seen_ru}. Что делать: верните строку (каждые пять минут); что после этого не придёт, исправляется кнопкой «Синхронизировать статус»."
                    ),
                )
            }
            Self::CheckeventSilent { done, last_poll } => (
                format!(
                    "{}, but this panel has stopped asking for events: checkevent was last seen on {}. What to do: see whether cron runs and what mgrctl -m billmgr checkevent answers.",
                    delivered(*done).0,
                    moment(*last_poll)
                ),
                format!(
                    "{}, но панель перестала забирать события: checkevent последний раз замечен {}. Что делать: проверьте, работает ли cron и что отвечает mgrctl -m billmgr checkevent.",
                    delivered(*done).1,
                    moment(*last_poll)
                ),
            ),
            Self::ModuleDisabled { done, row } => (
                format!(
                    "{} ({row}), and the service's processing module is switched off here, so its event may never be applied. What to do: switch the module on, or repair it by Force sync status.",
                    delivered(*done).0
                ),
                format!(
                    "{} ({row}), а её модуль обработки здесь выключен, поэтому событие может так и не примениться. Что делать: включите модуль или исправьте кнопкой «Синхронизировать статус».",
                    delivered(*done).1
                ),
            ),
            Self::EventFailed { done, row, at, text, hindered } => {
                let (done_en, done_ru) = delivered(*done);
                let (on_en, on_ru) = at.map_or_else(
                    || (String::new(), String::new()),
                    |at| (format!(" on {}", moment(at)), format!(" {}", moment(at))),
                );
                told(
                    format!(
                        "{done_en} ({row}), its event came to this panel{on_en}, and the panel failed to apply it: {text}. Nobody else took it. The event does not come again."
                    ),
                    format!(
                        "{done_ru} ({row}), событие пришло{on_ru}, но панель не смогла его применить: {text}. Никто другой его не забирал. Второй раз событие не придёт."
                    ),
                    &[
                        repair(hindered.as_ref()),
                        both(
                            "If the same error shows again, remove its cause first.",
                            "Если ошибка повторяется, сначала устраните её причину.",
                        ),
                    ],
                )
            }
            Self::CertificateNotStored { row, verdict, hindered } => {
                let mut more = Vec::new();
                more.extend(verdict.map(|verdict| {
                    let (sure_en, sure_ru) = reader(verdict);
                    (format!("{sure_en}."), format!("{sure_ru}."))
                }));
                more.push(repair(hindered.as_ref()));
                more.extend(verdict.map(|_| own_account()));
                told(
                    format!(
                        "The certificate is issued at the seller ({row}), and it is not stored here: its event did not arrive."
                    ),
                    format!("Сертификат у продавца выпущен ({row}), а здесь не сохранён: его событие не пришло."),
                    &more,
                )
            }
            Self::EventOnItsWay { done, row, since, patience } => {
                let (done_en, done_ru) = delivered(*done);
                let (wait_en, wait_ru) = minutes(*patience);
                let (since_en, since_ru) = since_texts(*since);
                (
                    format!(
                        "{done_en} ({row}{since_en}), and its event may still come with the next checkevent. What to do: wait for it; if nothing has changed in {wait_en}, ask again."
                    ),
                    format!(
                        "{done_ru} ({row}{since_ru}), и событие ещё может прийти со следующим checkevent. Что делать: подождите; если через {wait_ru} ничего не изменится, спросите снова."
                    ),
                )
            }
            Self::EventLostToOther { row, since, polls, verdict, hindered } => {
                let (since_en, since_ru) = since_texts(*since);
                let (polls_en, polls_ru) = polls_texts(*polls);
                let (sure_en, sure_ru) = reader(*verdict);
                told(
                    format!(
                        "The seller has activated the service ({row}{since_en}); this panel never got the event{polls_en}. {sure_en} (resellguard check)."
                    ),
                    format!(
                        "Продавец активировал услугу ({row}{since_ru}); события эта панель не получила{polls_ru}. {sure_ru} (resellguard check)."
                    ),
                    &[repair(hindered.as_ref()), own_account()],
                )
            }
            Self::EventLost { row, since, polls, verdict, missed, hindered } => {
                let (since_en, since_ru) = since_texts(*since);
                let (polls_en, polls_ru) = polls_texts(*polls);
                let (log_en, log_ru) = if *missed {
                    (
                        " The log says that the event was gone when the panel wanted it.",
                        " По журналу, события уже не было, когда панель его запросила.",
                    )
                } else {
                    ("", "")
                };
                let (who_en, who_ru) = match verdict {
                    Some(Verdict::Exclusive) => (
                        "Nothing points at a second reader of the account, so it was lost on the way or in this panel.",
                        "На второго читателя учётной записи ничто не указывает, так что оно потеряно по дороге или в самой панели.",
                    ),
                    _ => (
                        "Who reads the account is not known for certain (resellguard check).",
                        "Кто читает учётную запись, точно не известно (resellguard check).",
                    ),
                };
                told(
                    format!(
                        "The seller has activated the service ({row}{since_en}); this panel never got the event{polls_en}.{log_en} {who_en}"
                    ),
                    format!(
                        "Продавец активировал услугу ({row}{since_ru}); события эта панель не получила{polls_ru}.{log_ru} {who_ru}"
                    ),
                    &[repair(hindered.as_ref())],
                )
            }
            Self::InStep { expiry: None } => both(
                "Both sides agree, and nothing waits. What to do: nothing.",
                "Обе стороны согласны, ничего не ожидается. Что делать: ничего.",
            ),
            Self::InStep { expiry: Some((here, there)) } => {
                let (then_en, then_ru) = expiry_kept(there > here);
                (
                    format!(
                        "Both sides agree, and nothing waits, but the service is paid until different days: here {here}, at the seller {there}. What to do: nothing if the periods differ on purpose; else see which day is right; {then_en}."
                    ),
                    format!(
                        "Обе стороны согласны, ничего не ожидается, но оплачена услуга до разных дней: здесь {here}, у продавца {there}. Что делать: ничего, если периоды различаются намеренно; иначе выясните, какой день верен; {then_ru}."
                    ),
                )
            }
        }
    }
}
