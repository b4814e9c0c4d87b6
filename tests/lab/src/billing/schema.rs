//! The tables of database `billmgr` and what stands in them before the first customer (facts/billmanager 1.1, 1.4).
//!
//! What happens to the rows afterwards is the functions' business.

use crate::database::Database;

/// Every product type the lab sells: `itemtype.intname`, its names, and the parameter that names a service of it.
pub const TYPES: [(&str, &str, &str, &str); 12] = [
    ("vds", "Virtual private servers", "Виртуальные серверы", "domain"),
    ("dedic", "Dedicated servers", "Выделенные серверы", "domain"),
    ("vhost", "Shared hosting", "Виртуальный хостинг", "domain"),
    ("domain", "Domain names", "Доменные имена", "domain"),
    ("certificate", "SSL certificates", "SSL-сертификаты", "CN"),
    ("soft", "ISPsystem licenses", "Лицензии ISPsystem", "licname"),
    ("softexternal", "Third-party software", "Стороннее ПО", "licname"),
    ("addition", "ISPsystem modules", "Модули ISPsystem", "licname"),
    ("vdc", "Virtual data centers", "Виртуальные дата-центры", "domain"),
    ("storage", "Storage", "Хранилище данных", "domain"),
    ("dnshost", "DNS hosting", "DNS-хостинг", "domain"),
    ("colocation", "Colocation", "Размещение серверов", "domain"),
];

/// The parameter that names a service of the type: `domain`, `CN`, `licname`.
pub fn naming(itemtype: &str) -> &'static str {
    TYPES.iter().find(|row| row.0 == itemtype).map_or("domain", |row| row.3)
}

/// Where the panel's counters start, so that ids of different panels can be told apart in the logs.
#[derive(Clone, Copy, Debug)]
pub struct First {
    pub item: u64,
    pub operation: u64,
    pub event: u64,
}

/// Creates the tables and what every panel has: types, a provider, a department, the processing module for work by hand.
///
/// # Panics
/// When the database refuses.
pub fn create(database: &Database, manual_module: &str, first: First) {
    database.script(include_str!("schema.sql"));
    let types: Vec<String> = TYPES
        .iter()
        .zip(1..)
        .map(|((intname, name, russian, _), order)| format!("('{intname}', '{name}', '{russian}', {order})"))
        .collect();
    let First { item, operation, event } = first;
    database.script(&format!(
        "INSERT INTO itemtype(intname, name, name_ru, orderpriority) VALUES {};
         INSERT INTO locale(name, langcode) VALUES ('English', 'en'), ('Русский', 'ru');
         INSERT INTO currency(iso, symbol, name, name_ru) VALUES ('EUR', '€', 'Euro', 'Евро');
         INSERT INTO country(iso2, name, name_ru) VALUES ('LU', 'Luxembourg', 'Люксембург');
         INSERT INTO project(name, name_ru, billurl, currency) VALUES ('Provider', 'Провайдер', 'https://bill.example/', 1);
         INSERT INTO department(name, name_ru) VALUES ('Technical department', 'Технический отдел');
         INSERT INTO datacenter(name, name_ru) VALUES ('DC1', 'ДЦ1');
         INSERT INTO processingmodule(name, module, department, datacenter, orderpriority)
          VALUES ('Manual processing', '{manual_module}', 1, 1, 100);
         ALTER TABLE item AUTO_INCREMENT = {item};
         ALTER TABLE runningoperation AUTO_INCREMENT = {operation};
         ALTER TABLE task AUTO_INCREMENT = {operation};
         ALTER TABLE itemevent AUTO_INCREMENT = {event};\n",
        types.join(", ")
    ));
}
