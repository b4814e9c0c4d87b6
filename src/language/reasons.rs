//! Why a service is repaired, left, or handed to a person: sentences that a support agent can read aloud.

use super::causes;
use super::{Language, Say, both, english, expiry_kept, russian};
use crate::reselling::decision::Reason;

impl Say for Reason {
    #[expect(clippy::too_many_lines, reason = "one entry a reason, so that nothing can be missing")]
    fn pair(&self) -> (String, String) {
        match self {
            Self::InStep => both("Both sides agree.", "Обе стороны согласны."),
            Self::ExpiryDiffers { here, there } => {
                let (then_en, then_ru) = expiry_kept(there > here);
                (
                    format!(
                        "Both sides agree but for the expiry: here {here}, at the seller {there}. That alone is no fault; {then_en}."
                    ),
                    format!(
                        "Обе стороны согласны, различается только срок: здесь {here}, у продавца {there}. Само по себе это не ошибка; {then_ru}."
                    ),
                )
            }
            Self::ActiveAtSeller => both(
                "The seller has activated the service; here it still waits for the event.",
                "Продавец уже активировал услугу, а здесь она всё ещё ждёт события.",
            ),
            Self::IssuedAtSeller => both(
                "The seller has the issued certificate; here the service still waits for it.",
                "У продавца сертификат выпущен, а здесь услуга всё ещё ждёт его.",
            ),
            Self::SuspendedThereForAbuse => both(
                "The seller has suspended the service because of abuse; here it is active.",
                "Продавец приостановил услугу из-за жалоб на нарушение, а здесь она активна.",
            ),
            Self::SuspendedThereByStaff => both(
                "The seller's staff have suspended the service; here it is active.",
                "Сотрудник продавца приостановил услугу, а здесь она активна.",
            ),
            Self::SuspendedAsAsked => both(
                "This panel asked for the suspension and the seller has done it; here the operation still waits.",
                "Эта панель просила приостановить услугу, и продавец это сделал, а здесь операция всё ещё ждёт.",
            ),
            Self::ResumedAsAsked => both(
                "This panel asked for the resumption and the seller has done it; here the operation still waits.",
                "Эта панель просила включить услугу, и продавец это сделал, а здесь операция всё ещё ждёт.",
            ),
            Self::ClosedAsAsked => both(
                "This panel asked for the deletion and the seller has done it; here the operation still waits.",
                "Эта панель просила удалить услугу, и продавец это сделал, а здесь операция всё ещё ждёт.",
            ),
            Self::LaterAtSeller { here, there } => (
                format!("At the seller the service is paid until {there}, here only until {here}."),
                format!("У продавца услуга оплачена до {there}, а здесь только до {here}."),
            ),
            Self::TakesBack { run } => (
                format!("This takes back what run {run} did; nothing has changed at the service since."),
                format!("Это отменит сделанное запуском {run}; с тех пор услуга не менялась."),
            ),
            Self::TakesSuspensionBack { run } => (
                format!(
                    "This takes back the suspension by run {run}; nothing has changed at the service since. The seller is not asked \
                     and may still have it suspended."
                ),
                format!(
                    "Это отменит приостановку, сделанную запуском {run}; с тех пор услуга не менялась. Продавца не спрашивают, и у \
                     него она, возможно, всё ещё приостановлена."
                ),
            ),
            Self::AlreadyTakenBack { run } => {
                (format!("Run {run} has taken it back already."), format!("Это уже отменено запуском {run}."))
            }
            Self::RunTookBack => both(
                "That run took back another one and is not taken back itself. Compare with the seller anew: resellguard sync.",
                "Этот запуск сам отменял другой и не отменяется. Сравните услугу с продавцом заново: resellguard sync.",
            ),
            Self::NothingToTakeBack => both(
                "The run came to no good end at this service; there is nothing to take back. resellguard drift shows its state.",
                "У этой услуги запуск ничего не завершил; отменять нечего. Её состояние покажет resellguard drift.",
            ),
            Self::ActivationStays => both(
                "An activation cannot be taken back: the panel has no function that makes an operation wait again. If it was wrong, \
                 suspend or delete the service in the panel.",
                "Активацию отменить нельзя: у панели нет функции, возвращающей операцию в ожидание. Если она ошибочна, \
                 приостановите или удалите услугу в панели.",
            ),
            Self::CertificateStays => both(
                "A stored certificate cannot be taken back: the panel has no function that forgets one. If it is the wrong one, \
                 reissue it, or delete the service in the panel.",
                "Сохранённый сертификат отменить нельзя: у панели нет функции, которая его убирает. Если он не тот, \
                 перевыпустите его или удалите услугу в панели.",
            ),
            Self::ClosedStays => both(
                "A closed service cannot be brought back by a call. Order it anew, or restore the panel's backup.",
                "Закрытую услугу вызовом не вернуть. Закажите её заново или восстановите резервную копию панели.",
            ),
            Self::OperationIsGone => both(
                "The run finished an operation that this panel had asked for, and that cannot be made to wait again. Ask for the opposite in \
                 the panel.",
                "Запуск завершил операцию, которую запросила эта панель; вернуть её в ожидание нельзя. Запросите обратное действие в \
                 панели.",
            ),
            Self::ChangedSinceRun => both(
                "The service is not as the run left it: somebody has changed it since. Nothing is taken back over that.",
                "Услуга не такая, какой её оставил запуск: с тех пор её изменили. Поверх этого ничего не отменяется.",
            ),
            Self::MarkedSince => both(
                "The service has got a mark of suspension (non-payment, staff or abuse): the suspension is not taken back. Whether \
                 it may be resumed, a person has to say.",
                "На услуге появилась отметка о приостановке (неуплата, сотрудник или жалоба): приостановка не отменяется. Можно ли её \
                 включить, должен решить человек.",
            ),
            Self::ExpiryHasPassed { at } => (
                format!(
                    "Before the run the service was paid until {at}, which has passed: set back, the panel would suspend it."
                ),
                format!(
                    "До запуска услуга была оплачена до {at}, этот день прошёл: с прежним сроком панель приостановит её."
                ),
            ),
            Self::NotActivatedYet => both(
                "The seller has not activated the service yet; waiting is right.",
                "Продавец ещё не активировал услугу; ожидание оправдано.",
            ),
            Self::NotIssuedYet => both(
                "The certificate has not been issued yet; waiting is right.",
                "Сертификат ещё не выпущен; ожидание оправдано.",
            ),
            Self::NotDoneYet { operation } => (
                format!(
                    "The operation '{operation}' was sent to the seller, who has not carried it out yet; waiting is right."
                ),
                format!("Операция «{operation}» передана продавцу, он её ещё не выполнил; ожидание оправдано."),
            ),
            Self::DomainInWork { state } => {
                let (english, russian) = match state {
                    6 => ("transferred", "переносится"),
                    7 => ("renewed", "продлевается"),
                    _ => ("registered", "регистрируется"),
                };
                (
                    format!("The domain is still being {english} at the seller; waiting is right."),
                    format!("Домен у продавца ещё {russian}; ожидание оправдано."),
                )
            }
            Self::PanelIsWorking { operation } => (
                format!("The operation '{operation}' is not in manual mode: the panel itself is still trying it."),
                format!("Операция «{operation}» не переведена в ручной режим: панель ещё сама её выполняет."),
            ),
            Self::OtherOperation { operation } => (
                format!("Another operation is running on the service: '{operation}'. It has to end first."),
                format!("Над услугой выполняется другая операция: «{operation}». Сначала она должна завершиться."),
            ),
            Self::CallUnderWay { call, at } => (
                format!(
                    "The call {call} of {at} was not answered: the panel may still be at it. Repeat in some minutes."
                ),
                format!(
                    "На вызов {call} от {at} не было ответа: панель, возможно, ещё его выполняет. Повторите через несколько минут."
                ),
            ),
            Self::TariffChangePending => both(
                "A tariff change is pending; it has to end first.",
                "Ожидается смена тарифа; сначала она должна завершиться.",
            ),
            Self::RecentlyResumed { at } => (
                format!("The service was resumed at {at}, less than a day ago; the seller may not have caught up."),
                format!("Услуга была включена {at}, меньше суток назад; продавец мог ещё не успеть."),
            ),
            Self::RecentlyProlonged { at } => (
                format!("The service was renewed at {at}, less than a day ago; the seller may not have caught up."),
                format!("Услуга была продлена {at}, меньше суток назад; продавец мог ещё не успеть."),
            ),
            Self::NotAllowed { allow, why } => {
                let word = allow.word();
                (
                    format!(
                        "{} To do the same here has to be allowed: --allow {word}, or allow under [sync] in the settings.",
                        why.say(Language::En)
                    ),
                    format!(
                        "{} Чтобы сделать то же здесь, нужно разрешение: --allow {word} или allow в разделе [sync] настроек.",
                        why.say(Language::Ru)
                    ),
                )
            }
            Self::NotAtSeller => both(
                "No service at the seller carries this service's id. That does not mean it was closed: look at the \
                 operation's error, and at the seller's list, before doing anything.",
                "Ни одна услуга у продавца не несёт номера этой услуги. Это не значит, что она закрыта: посмотрите \
                 ошибку операции и список у продавца, прежде чем что-либо делать.",
            ),
            Self::SellerHidesIds => both(
                "The seller's lists do not show which service is whose, so nothing proves which one is this service.",
                "Списки продавца не показывают, какая услуга чья, поэтому не доказано, какая из них эта.",
            ),
            Self::NotAmongCandidates { told, left } => {
                let told = *told as u64;
                let more = match left {
                    0 => both("", ""),
                    left => (
                        format!(" {left} more were not asked, or did not answer."),
                        format!(" Ещё {left} не запрошены или не ответили."),
                    ),
                };
                (
                    format!(
                        "The seller's list does not show which service is whose. The forms of {} that could be this one were \
                         asked; none carries this service's id.{}",
                        english(told, "service", "services"),
                        more.0
                    ),
                    format!(
                        "Список продавца не показывает, какая услуга чья. Запрошены формы {}, похожих на эту; ни одна не несёт её \
                         номера.{}",
                        russian(told, "услуги", "услуг", "услуг"),
                        more.1
                    ),
                )
            }
            Self::LinkOnlyStored { row } => (
                format!("The seller's service {row} is noted here, but it does not carry this service's id."),
                format!("Здесь записана услуга продавца {row}, но она не несёт номера этой услуги."),
            ),
            Self::UnpaidAtSeller => both(
                "The order is not paid at the seller: check the balance and the cart of the account there.",
                "Заказ не оплачен у продавца: проверьте баланс и корзину учётной записи.",
            ),
            Self::SuspendedAtSeller => both(
                "The seller has suspended the service while it waits here: ask the seller why.",
                "Продавец приостановил услугу, пока она ждёт здесь: узнайте у него причину.",
            ),
            Self::DeletedAtSeller => both(
                "The seller's list shows the service as deleted; here it is not. Talk to the seller and the customer first.",
                "В списке продавца услуга удалена, а здесь нет. Сначала свяжитесь с продавцом и клиентом.",
            ),
            Self::CertificateFailed => both(
                "The issue of the certificate failed at the seller: look at the reason there.",
                "Выпуск сертификата у продавца завершился ошибкой: посмотрите причину у него.",
            ),
            Self::CertificateMarkedFailed => both(
                "The certificate is issued at the seller, and here it is marked as failed: order nothing again. Whether it is the one that \
                 was ordered a person has to see, and store it by hand.",
                "У продавца сертификат выпущен, а здесь помечен как неудачный: ничего не заказывайте снова. Тот ли это сертификат, должен \
                 посмотреть человек и сохранить его вручную.",
            ),
            Self::CertificateStateUnknown { state } => (
                format!("The seller shows a state of the certificate that is not known: {state}."),
                format!("Продавец показывает неизвестное состояние сертификата: {state}."),
            ),
            Self::OperationFailed { operation, error } => (
                format!(
                    "The operation '{operation}' failed ({error}), and the seller has not carried it out: remove the cause and start it \
                     again (Tools, Running operations)."
                ),
                format!(
                    "Операция «{operation}» завершилась ошибкой ({error}), у продавца она не выполнена: устраните причину и запустите её \
                     снова («Инструменты», «Текущие операции»)."
                ),
            ),
            Self::NoOpenOperation => both(
                "The service is in progress, but no operation is running that could be finished.",
                "Услуга в обработке, но нет операции, которую можно завершить.",
            ),
            Self::SuspendedThereActiveHere => both(
                "The seller has suspended a service that is active here and does not show why: find out before the customer does.",
                "Продавец приостановил услугу, активную здесь, и не показывает причину: выясните её раньше клиента.",
            ),
            Self::SuspendedThereForMoney => both(
                "The seller has suspended the service for non-payment: the money of our account there is missing. The customer \
                 here has nothing to do with it: top up the account at the seller.",
                "Продавец приостановил услугу за неуплату: не хватает денег на нашей учётной записи у него. Клиент здесь ни при \
                 чём: пополните баланс у продавца.",
            ),
            Self::SuspendedHereForMoney => both(
                "Suspended here for non-payment and active at the seller: the suspension did not reach the seller. It is \
                 never resumed from here; check the account's right to suspend.",
                "Здесь приостановлена за неуплату, у продавца активна: приостановка до него не дошла. Отсюда она никогда \
                 не включается; проверьте право учётной записи на приостановку.",
            ),
            Self::SuspendedHereActiveThere => both(
                "Active at the seller; suspended here, and nothing here says why.",
                "У продавца активна; здесь приостановлена, и ничто здесь не говорит почему.",
            ),
            Self::SuspendedHereByStaff => both(
                "Staff of this panel have suspended the service, or it was suspended for abuse; at the seller it is active. Only \
                 who suspended it may resume it.",
                "Услугу приостановил сотрудник этой панели, или она приостановлена за нарушение; у продавца она активна. Включить \
                 её может только тот, кто приостановил.",
            ),
            Self::ResumeOfUnpaid => both(
                "A resumption waits here and the seller has done it, but the service is still marked as suspended for \
                 non-payment; such a service is never resumed from here. If it is paid, finish the operation by hand.",
                "Здесь ждёт включение, и продавец его выполнил, но услуга всё ещё помечена как приостановленная за неуплату; \
                 такая отсюда никогда не включается. Если она оплачена, завершите операцию вручную.",
            ),
            Self::ExpiredHere { at } => (
                format!(
                    "The service is paid here only until {at}, which is over. What is not paid for is not resumed."
                ),
                format!("Услуга оплачена здесь только до {at}, и этот день прошёл. Неоплаченное не включается."),
            ),
            Self::NoExpiryHere => both(
                "Active at the seller; suspended here, and until when it is paid is not known here, so it is not resumed. If it is paid, \
                 resume it in the panel.",
                "У продавца активна; здесь приостановлена, и неизвестно, до какого дня она оплачена, поэтому она не включается. Если \
                 услуга оплачена, включите её в панели.",
            ),
            Self::ProcessingThereOnly => both(
                "The seller is working on the service while it is settled here: look again later.",
                "Продавец ещё работает над услугой, а здесь она уже в конечном состоянии: проверьте позже.",
            ),
            Self::DeletedHereAliveThere => both(
                "Deleted here and alive at the seller: it may still cost money there.",
                "Здесь удалена, а у продавца существует: за неё, возможно, всё ещё списываются деньги.",
            ),
            Self::OtherWork { operation } => (
                format!(
                    "The service waits for the operation '{operation}'; the seller's state does not tell whether it was done."
                ),
                format!("Услуга ждёт операции «{operation}»; по состоянию у продавца не видно, выполнена ли она."),
            ),
            Self::ListNotKnown { itemtype } => (
                format!(
                    "Which of the seller's lists shows '{itemtype}' is not known, so the seller was not asked. Look at the service in \
                     the seller's panel. If it is delivered there, complete it by hand, as the vendor's knowledge base does: switch it \
                     to the module for manual processing, end its task, put its module back."
                ),
                format!(
                    "Неизвестно, какой список продавца показывает услуги «{itemtype}», поэтому продавца не спрашивали. Посмотрите услугу \
                     в панели продавца. Если там она готова, завершите её вручную, как в базе знаний разработчика: переведите её на \
                     модуль ручной обработки, завершите её задачу, верните модуль."
                ),
            ),
            Self::ProductNotRepaired { itemtype } => (
                format!("Active at the seller, but '{itemtype}' is no product type that this panel could activate."),
                format!("У продавца активна, но «{itemtype}» не тип услуг, который эта панель могла бы активировать."),
            ),
            Self::DomainNotRegistered => both(
                "The seller shows the domain as deleted or not registered: look there before doing anything.",
                "У продавца домен удалён или не зарегистрирован: посмотрите у него, прежде чем что-либо делать.",
            ),
            Self::DomainLapsed => both(
                "The seller shows the domain's delegation as expired or suspended: it may need a renewal there.",
                "У продавца делегирование домена истекло или приостановлено: возможно, его нужно продлить.",
            ),
            Self::DomainStateBehind => both(
                "The domain is registered at the seller, and here its own state still says that it is in work: press Check in the \
                 panel's list of domains.",
                "Домен у продавца зарегистрирован, а здесь его состояние ещё рабочее: нажмите «Проверить» в списке доменов панели.",
            ),
            Self::DomainStateUnknown { state } => (
                format!("The seller shows a state of the domain that is not known: {state}."),
                format!("Продавец показывает неизвестное состояние домена: {state}."),
            ),
            Self::NoModule => both(
                "The service is not served by a reselling module of this panel.",
                "Услугу не обслуживает ни один модуль перепродажи этой панели.",
            ),
            Self::MarkedSuspended => both(
                "The service is marked as suspended here (non-payment, staff or abuse) while it waits: a person has to say \
                 whether it may be activated.",
                "Услуга здесь помечена как приостановленная (неуплата, сотрудник или жалоба), хотя и ждёт: можно ли её \
                 активировать, должен решить человек.",
            ),
            Self::SameCertificate => both(
                "The seller shows the certificate that is stored here already. If a new one was ordered, it has not been issued.",
                "Продавец показывает сертификат, который здесь уже сохранён. Если заказан новый, он ещё не выпущен.",
            ),
            Self::Brake { would, of, percent } => (
                format!(
                    "{would} of the account's {of} services would change, more than {percent} per cent: that is more often a \
                     fault than the truth. Repair fewer at a time, or raise brake_percent or brake_minimum in the settings."
                ),
                format!(
                    "Изменилось бы {would} из {of} услуг учётной записи, больше {percent} процентов: чаще это ошибка, чем правда. \
                     Исправляйте меньше за раз или увеличьте brake_percent или brake_minimum в настройках."
                ),
            ),
            Self::ListSuddenlyShort { shown, settled, percent } => (
                format!(
                    "The seller's list shows {shown} of this product, and here {settled} are settled: more than {percent} per cent are \
                     missing, as if all of them had changed. Look whether the seller answers rightly; brake_percent and \
                     brake_minimum in the settings say how many may be missing."
                ),
                format!(
                    "В списке продавца {shown} услуг этого типа, а здесь их {settled}: не хватает больше {percent} процентов, словно \
                     изменились все. Проверьте, верно ли отвечает продавец; сколько может не хватать, говорят brake_percent и \
                     brake_minimum в настройках."
                ),
            ),
            Self::UnpaidHere => both(
                "The order is not paid here. An unpaid order is never opened.",
                "Заказ здесь не оплачен. Неоплаченный заказ никогда не открывается.",
            ),
            Self::DoNothing => both(
                "The file etc/billmgr.DoNothing exists: this panel is told not to touch services.",
                "Существует файл etc/billmgr.DoNothing: этой панели велено не трогать услуги.",
            ),
            Self::UnknownStatus { text } => (
                format!("The seller shows a status that is not known: '{text}'."),
                format!("Продавец показывает неизвестный статус: «{text}»."),
            ),
            Self::UnknownStatusHere => {
                both("The service has a status here that is not known.", "У услуги здесь неизвестный статус.")
            }
            Self::Doubt(doubt) => doubt.pair(),
            Self::Way(hitch) => hitch.pair(),
            Self::NotCorroborated => both(
                "Others read this account, or it is not known that none do, and only the id speaks for the link; another panel's service can have the \
                 same id. Something else has to agree: the domain, the address, or an id stored here.",
                "Эту учётную запись читают или могут читать другие, а за связь говорит только номер; у чужой услуги он может быть \
                 таким же. Должно совпасть что-то ещё: домен, адрес или записанный здесь номер у продавца.",
            ),
            Self::CloseNotCorroborated => both(
                "Only the id speaks for the link, which is not enough to close a service: the domain, the address, or an id stored \
                 here has to agree.",
                "За связь говорит только номер, а этого мало, чтобы закрыть услугу: должно совпасть что-то ещё: домен, адрес или \
                 записанный здесь номер у продавца.",
            ),
            Self::SellerNotRead { detail } => (
                format!("The seller could not be read: {detail}"),
                format!("Не удалось прочитать данные продавца: {}", causes::russian(detail)),
            ),
            Self::CertificateNotReadable { detail } => (
                format!("The seller's certificate could not be read: {detail}"),
                format!("Не удалось прочитать сертификат у продавца: {}", causes::russian(detail)),
            ),
            Self::MovedBetweenReads => both(
                "The state changed between two reads; nothing was called. Look at the plan again.",
                "Состояние изменилось между двумя чтениями; ничего не вызвано. Посмотрите план ещё раз.",
            ),
            Self::NotReadAgain { detail } => (
                format!(
                    "Just before the first call the service could not be read again, so nothing was called: {detail}"
                ),
                format!(
                    "Перед первым вызовом услугу не удалось прочитать ещё раз, поэтому ничего не вызвано: {}",
                    causes::russian(detail)
                ),
            ),
            Self::PlanIsStale => both(
                "This is not the plan that was shown: the state has changed since. Look at the new plan.",
                "Это не тот план, который был показан: с тех пор состояние изменилось. Посмотрите новый план.",
            ),
            Self::OutOfTime => both(
                "Nothing was called: the panel does not wait so long for an answer. Repair the rest with the next request, or all at once on \
                 the command line: resellguard sync.",
                "Ничего не вызвано: так долго панель ответа не ждёт. Исправьте остальное следующим запросом или всё сразу в командной строке: \
                 resellguard sync.",
            ),
            Self::Halted => both(
                "The service was not begun: the run was ended (Ctrl-C, kill or a lost connection). Repeat it for the rest.",
                "Услуга не начата: запуск остановлен (Ctrl-C, kill или обрыв соединения). Повторите его для остальных.",
            ),
            Self::CallFailed { call, detail } => (
                format!("The call {call} failed: {detail}"),
                format!("Вызов {call} не удался: {}", causes::russian(detail)),
            ),
            Self::ReachedDespite { call, detail } => (
                format!("The call {call} answered an error ({detail}), yet reading back shows the wanted state."),
                format!(
                    "Вызов {call} ответил ошибкой ({cause}), но при обратном чтении состояние нужное.",
                    cause = causes::russian(detail)
                ),
            ),
            Self::NotReached => both(
                "The panel answered, but reading back does not show the wanted state.",
                "Панель ответила, но при обратном чтении нужного состояния нет.",
            ),
            Self::JournalFailed { detail } => (
                format!("The journal could not be written, so no further call was made: {detail}"),
                format!("Журнал не записан, поэтому больше ничего не вызвано: {detail}"),
            ),
            Self::ReadBackFailed { detail } => (
                format!("The calls were made, but the result could not be read back: {detail}"),
                format!("Вызовы сделаны, но результат прочитать не удалось: {}", causes::russian(detail)),
            ),
            Self::FinishedByInterruptedRun => both(
                "An earlier run was interrupted after its calls had taken effect; the service is where it was to be.",
                "Прежний запуск прервался, когда его вызовы уже подействовали; услуга в нужном состоянии.",
            ),
            Self::Remarked { reason, remarks } => {
                remarks.iter().map(Say::pair).fold(reason.pair(), |(english, russian), more| {
                    (format!("{english} {}", more.0), format!("{russian} {}", more.1))
                })
            }
            Self::Interrupted => both(
                "The run was interrupted before the service reached the wanted state.",
                "Запуск прервался до того, как услуга пришла в нужное состояние.",
            ),
        }
    }
}
