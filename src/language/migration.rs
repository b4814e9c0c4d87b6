//! The steps of a panel to an account of its own, in words (facts/billmanager 4.1).

use super::{Say, both};
use crate::report::Migration;

/// A text in both languages.
type Pair = (String, String);

impl Say for Pair {
    fn pair(&self) -> (String, String) {
        self.clone()
    }
}

/// One step: what to look at before, what to do, what to look at afterwards.
#[derive(Clone, Debug)]
pub struct Step {
    pub title: Pair,
    pub before: Vec<Pair>,
    pub actions: Vec<Pair>,
    pub after: Vec<Pair>,
}

/// Every step, in order.
pub fn steps(plan: &Migration) -> Vec<Step> {
    vec![tidy(plan), ask(plan), order(), connect(plan), move_services(plan), close(plan), watch(plan)]
}

fn tidy(plan: &Migration) -> Step {
    let (account, (_, waiting)) = (&plan.account, plan.total());
    Step {
        title: both("Repair what waits", "Исправить то, что ждёт"),
        before: vec![both(
            format!(
                "resellguard check '{account}' says who else orders and reads there; {waiting} services are in progress here"
            ),
            format!(
                "resellguard check '{account}' покажет, кто ещё там заказывает и читает; услуг в обработке здесь: {waiting}"
            ),
        )],
        actions: vec![both("resellguard sync --stuck", "resellguard sync --stuck")],
        after: vec![both(
            "resellguard drift ends with status 0, or what it still shows is known",
            "resellguard drift завершается с кодом 0 или всё, что он ещё показывает, понятно",
        )],
    }
}

fn ask(plan: &Migration) -> Step {
    let total = plan.total().0;
    Step {
        title: both(
            "Agree with the seller and with the other panel's owner",
            "Договориться с продавцом и владельцем другой панели",
        ),
        before: vec![both(
            "the panel with fewer services on the account should be the one that leaves it",
            "уходить с учётной записи лучше той панели, у которой на ней меньше услуг",
        )],
        actions: vec![both(
            format!(
                "ask the seller whether {total} services can be moved to another account with their ids and remoteid kept, and in \
                 which hour; how their events go afterwards is not documented, so have it confirmed"
            ),
            format!(
                "спросите продавца, можно ли перенести услуги (всего {total}) в другую учётную запись с сохранением их номеров и \
                 remoteid и в какое время; как затем пойдут их события, не описано, поэтому попросите подтвердить"
            ),
        )],
        after: vec![both("the answer is there in writing", "ответ получен письменно")],
    }
}

fn order() -> Step {
    Step {
        title: both("Order the new account at the seller", "Заказать у продавца новую учётную запись"),
        before: vec![both(
            "the same currency, tariffs and prices are available to it; there is money on it",
            "ей доступны та же валюта, тарифы и цены; на ней есть деньги",
        )],
        actions: vec![both(
            "a customer's account with a user for this panel alone: allowsuspenditem and allowdeleteitem on, no two-factor login, \
             authinfo allowed from this server's address, the rights for service reselling",
            "учётная запись клиента с пользователем только для этой панели: allowsuspenditem и allowdeleteitem включены, без \
             двухфакторного входа, authinfo разрешён с адреса этого сервера, права на перепродажу услуг",
        )],
        after: vec![both(
            "logged in as that user, /billmgr?func=whoami&out=xml shows level 16, allowsuspenditem=\"on\", allowdeleteitem=\"on\"",
            "под этим пользователем /billmgr?func=whoami&out=xml показывает level 16, allowsuspenditem=\"on\", allowdeleteitem=\"on\"",
        )],
    }
}

fn connect(plan: &Migration) -> Step {
    let mut actions: Vec<Pair> = plan
        .modules
        .iter()
        .map(|module| {
            let mut products: Vec<&str> =
                plan.services.iter().filter(|one| one.module == module.id).map(|one| one.itemtype.as_str()).collect();
            products.dedup();
            let products = if products.is_empty() { "-".to_owned() } else { products.join(", ") };
            both(
                format!(
                    "beside module {} ({}; {products}), add one for the same product with the new login",
                    module.id, module.name
                ),
                format!(
                    "рядом с модулем {} ({}; {products}) добавьте модуль для того же продукта с новым входом",
                    module.id, module.name
                ),
            )
        })
        .collect();
    actions.push(both(
        "in every tariff of the old modules, put the new module in and take the old one out: new orders go to the new account. Do \
         not switch the old modules off: their services still need them",
        "в каждом тарифе старых модулей подключите новый модуль и отключите старый: новые заказы пойдут в новую учётную запись. \
         Старые модули не выключайте: их услугам они ещё нужны",
    ));
    Step {
        title: both(
            "Connect it for new orders (Integration, Processing modules)",
            "Подключить её для новых заказов (Интеграция, Модули обработки)",
        ),
        before: vec![both("a backup of the panel's database", "есть резервная копия базы данных панели")],
        actions,
        after: vec![both(
            "resellguard check lists the new account; a test order is activated with the next checkevent, and its check says exclusive",
            "resellguard check показывает новую учётную запись; пробный заказ активируется со следующим checkevent, и проверка говорит \
             «только эта панель»",
        )],
    }
}

fn move_services(plan: &Migration) -> Step {
    let (modules, total) = (modules(plan), plan.total().0);
    Step {
        title: both(
            format!("The {total} services that live on the old account"),
            format!("Услуги, которые живут на старой учётной записи: {total}"),
        ),
        before: vec![both(
            "nothing is in progress: resellguard drift ends with status 0",
            "ничего не обрабатывается: resellguard drift завершается с кодом 0",
        )],
        actions: vec![
            both(
                format!(
                    "either the seller moves them: in that hour put the new login into the old modules {modules}; the services keep \
                     their modules, and their events come from the new account"
                ),
                format!(
                    "либо продавец их переносит: в тот же час укажите новый вход в старых модулях {modules}; услуги остаются на своих \
                     модулях, а их события приходят из новой учётной записи"
                ),
            ),
            both(
                format!(
                    "or they stay: modules {modules} keep the old account for them until the last one ends. Their events arrive only if \
                     every other panel leaves the old account: it is the others that have to move then"
                ),
                format!(
                    "либо они остаются: модули {modules} сохраняют для них старую учётную запись, пока не закончится последняя. Их \
                     события будут приходить, только если все другие панели уйдут со старой учётной записи: тогда переезжать нужно им"
                ),
            ),
        ],
        after: vec![both(
            "resellguard drift --all shows every service with its row at the seller (link both or remoteid)",
            "resellguard drift --all показывает у каждой услуги её строку у продавца (связь both или remoteid)",
        )],
    }
}

fn close(plan: &Migration) -> Step {
    let modules = modules(plan);
    Step {
        title: both(
            "Close the old account to everyone but its one panel",
            "Закрыть старую учётную запись для всех, кроме одной панели",
        ),
        before: vec![both(
            "it is decided which one panel keeps it; a module that is merely switched off still takes events",
            "решено, какая одна панель её сохраняет; модуль, который просто выключен, всё равно забирает события",
        )],
        actions: vec![both(
            format!(
                "change its password at the seller and give it to that panel alone. If that is this one: put it into modules {modules}. If \
                 it is not: no module here may name the old account any more, switched-off ones included"
            ),
            format!(
                "смените её пароль у продавца и сообщите его только этой панели. Если она — эта: укажите его в модулях {modules}. Если \
                 нет: здесь ни один модуль, включая выключенные, больше не должен указывать старую учётную запись"
            ),
        )],
        after: vec![both(
            "resellguard check: no account is unknown for a refused login, and none is named that this panel has left",
            "resellguard check: нет учётной записи с отклонённым входом и нет той, с которой эта панель ушла",
        )],
    }
}

fn watch(plan: &Migration) -> Step {
    Step {
        title: both("See that it holds", "Убедиться, что всё работает"),
        before: vec![both(
            "the next checkevent has run on both panels",
            "на обеих панелях прошёл следующий checkevent",
        )],
        actions: vec![both(
            "order, suspend, resume and delete one test service",
            "закажите, приостановите, возобновите и удалите одну пробную услугу",
        )],
        after: vec![both(
            format!(
                "resellguard check says exclusive of the new account, and by the next day of {} too, if this panel kept it",
                plan.account
            ),
            format!(
                "resellguard check говорит о новой учётной записи «только эта панель», а на следующий день и о {}, если эта панель её \
                 сохранила",
                plan.account
            ),
        )],
    }
}

fn modules(plan: &Migration) -> String {
    plan.modules.iter().map(|module| module.id.to_string()).collect::<Vec<_>>().join(", ")
}
