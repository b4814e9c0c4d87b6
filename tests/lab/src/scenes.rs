//! Scenes: worlds in a named state, each built from nothing in seconds.
//!
//! A scene plays with the panels' own means only: orders, activations, `checkevent`.

use crate::site::Site;
use crate::world::{Account, World};
use std::sync::Arc;

/// The names that `by_name` knows.
pub const NAMES: [&str; 4] = ["exclusive", "shared", "certificate", "several-products"];

/// A world and what happened in it.
pub struct Scene {
    /// The reseller whose customer ordered.
    pub a: Arc<Site>,
    /// The account that `a` buys through.
    pub account: Account,
    /// The other reseller, where there is one.
    pub b: Option<Arc<Site>>,
    /// The services that `a` sold, in the order they were ordered.
    pub items: Vec<u64>,
    /// What happened, for a reader.
    pub story: Vec<String>,
    // Dropped last: it removes the directories that the panels live in.
    pub world: World,
}

/// The scene of that name.
pub fn by_name(name: &str) -> Option<Scene> {
    match name {
        "exclusive" => Some(exclusive()),
        "shared" => Some(shared()),
        "certificate" => Some(certificate()),
        "several-products" => Some(several_products()),
        _ => None,
    }
}

/// Two resellers, `a` and `b`, who sell these types through one account, or through one each. Nothing has happened.
pub fn two_resellers(one_account: bool, itemtypes: &[&str]) -> Scene {
    let world = World::new();
    let (a, b) = (world.reseller("a"), world.reseller("b"));
    let account = world.account(if one_account { "resellers" } else { "reseller-a" });
    let other = if one_account { account.clone() } else { world.account("reseller-b") };
    world.connect(&a, &account, itemtypes);
    world.connect(&b, &other, itemtypes);
    let how = if one_account { "use one account at the seller" } else { "use an account each at the seller" };
    Scene { world, a, account, b: Some(b), items: Vec::new(), story: vec![format!("Resellers a and b {how}.")] }
}

/// One reseller, `a`, who sells these types. Nothing has happened.
pub fn one_reseller(itemtypes: &[&str]) -> Scene {
    let world = World::new();
    let a = world.reseller("a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, itemtypes);
    Scene {
        world,
        a,
        account,
        b: None,
        items: Vec::new(),
        story: vec!["Reseller a uses an account of its own.".into()],
    }
}

/// As the vendor asks: an account each. A's service becomes active.
pub fn exclusive() -> Scene {
    let mut scene = two_resellers(false, &["vds"]);
    scene.order("vds", "one.example");
    scene.seller_activates();
    scene.checkevent("b");
    scene.checkevent("a");
    scene
}

/// The article's fault: one account for both. B takes the event of A's service, which stays in progress.
pub fn shared() -> Scene {
    let mut scene = two_resellers(true, &["vds"]);
    scene.order("vds", "one.example");
    scene.order("vds", "two.example");
    scene.seller_activates();
    scene.checkevent("b");
    scene.checkevent("a");
    scene
}

/// The same with a certificate: issued at the seller, pending issuance here.
pub fn certificate() -> Scene {
    let mut scene = two_resellers(true, &["certificate"]);
    scene.order("certificate", "secure.example");
    scene.seller_activates();
    scene.checkevent("b");
    scene.checkevent("a");
    scene
}

/// One reseller with a module for each of several types on one account, which is how it has to be. All is well.
pub fn several_products() -> Scene {
    let mut scene = one_reseller(&["vds", "dedic", "vhost", "certificate"]);
    for (itemtype, name) in
        [("vds", "vds.example"), ("dedic", "dedic.example"), ("vhost", "vhost.example"), ("certificate", "ssl.example")]
    {
        scene.order(itemtype, name);
    }
    scene.seller_activates();
    scene.checkevent("a");
    scene
}

impl Scene {
    /// A's customer orders; the service is remembered in `items`.
    pub fn order(&mut self, itemtype: &str, name: &str) -> u64 {
        let item = self.a.order(itemtype, name);
        let bought = self.world.seller().bought_as(item);
        self.story.push(format!(
            "A customer of a orders {name} ({itemtype}): service {item} there, {bought} at the seller. {}",
            self.state(item)
        ));
        self.items.push(item);
        item
    }

    /// The seller's staff activates everything that a ordered.
    pub fn seller_activates(&mut self) {
        for item in self.items.clone() {
            self.world.seller().activate(item);
            self.story.push(format!("The seller activates the service that a knows as {item}."));
        }
    }

    /// Runs `checkevent` on a reseller.
    ///
    /// # Panics
    /// When `mgrctl` fails.
    pub fn checkevent(&mut self, reseller: &str) {
        let site = self.world.reseller(reseller);
        let before = site.module_log().len();
        let output = site.checkevent();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let log = site.module_log();
        let seen = log[before..].lines().filter(|line| line.contains("ERROR") || line.contains("WARNING"));
        let seen: Vec<&str> = seen.collect();
        let said = if seen.is_empty() { "nothing to complain about".into() } else { seen.join("\n    ") };
        let states: Vec<String> = self.items.iter().map(|item| self.state(*item)).collect();
        self.story.push(format!("checkevent on {reseller}: {said}\n    {}", states.join(" ")));
    }

    fn state(&self, item: u64) -> String {
        let operations = self.a.operations(item);
        let waiting =
            operations.iter().map(|(name, manual)| format!("{name}{}", if *manual { " (manual)" } else { "" }));
        let waiting: Vec<String> = waiting.collect();
        let running = if waiting.is_empty() { "nothing runs".into() } else { waiting.join(", ") };
        format!("[a: {item} has status {}, {running}]", self.a.status(item))
    }
}
