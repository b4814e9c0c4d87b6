//! The whole way of one call: rights, events before, the function, events after, finishing. Login and output are elsewhere.

use crate::core::Core;
use crate::core::descriptor::{EventHook, Kind, Moment, PluginFunction, Registry};
use crate::core::finish;
use crate::core::handler::{self, Run};
use crate::core::level;
use crate::core::log;
use crate::core::metadata::merge;
use crate::core::options::MultiSelect;
use crate::document::Node;
use crate::request::{Caller, PanelError, Request};
use std::time::Instant;

/// Where a call came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Http,
    Mgrctl,
    /// From inside the panel, or from a test.
    Internal,
}

/// A call that the panel received.
#[derive(Clone, Debug)]
pub struct CallRecord {
    pub at: Instant,
    pub origin: Origin,
    pub function: String,
    /// As in `Request::params`.
    pub params: Vec<(String, String)>,
    pub caller: Caller,
    pub ip: String,
}

/// One call before it is carried out; the caller is known already.
#[derive(Clone, Debug)]
pub struct Call {
    pub origin: Origin,
    pub function: String,
    /// All of them, `func` and `out` included.
    pub params: Vec<(String, String)>,
    /// The parameters as they came, url-encoded.
    pub query: String,
    pub caller: Caller,
    /// Who is behind `su`, for the log.
    pub behind: Option<Caller>,
    pub ip: String,
    pub language: String,
    pub headers: Vec<(String, String)>,
}

impl Call {
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn request(&self) -> Request {
        let own = |name: &str| matches!(name, "func" | "out" | "auth" | "authinfo" | "lang" | "su");
        Request {
            function: self.function.clone(),
            params: self.params.iter().filter(|(name, _)| !own(name)).cloned().collect(),
            query: self.query.clone(),
            caller: self.caller.clone(),
            ip: self.ip.clone(),
            language: self.language.clone(),
            headers: self.headers.clone(),
        }
    }

    /// The user as the log writes it: `root`, `admin(1)`, `admin(1)#client(4)`.
    fn who(&self) -> String {
        let one = |caller: &Caller| match caller.id {
            0 => caller.name.clone(),
            id => format!("{}({id})", caller.name),
        };
        match &self.behind {
            Some(behind) => format!("{}#{}", one(behind), one(&self.caller)),
            None => one(&self.caller),
        }
    }
}

impl Core {
    /// Carries out a call and returns the finished document: with metadata and messages, cut for the caller's level.
    pub fn process(&self, call: &Call) -> Node {
        let thread = self.log.next_thread();
        self.note(call, thread);
        let registry = self.registry();
        let ids: Vec<String> = elements(call.param("elid"));
        let result = if ids.len() > 1 && self.options.multi_select == MultiSelect::PerElement {
            let answers = ids.iter().map(|id| self.one(&registry, &for_element(call, id, &ids), thread));
            // All of them run; the first answer is shown.
            answers.collect::<Vec<_>>().into_iter().next().unwrap_or_else(|| Node::new("doc"))
        } else {
            self.one(&registry, call, thread)
        };
        let finished = finish::document(self, &registry, call, result);
        for hook in registry.hooks(&call.function, Moment::Final) {
            // It cannot change anything any more.
            if let Err(reason) = self.start(hook, call, &finished) {
                self.log.write(thread, "action", "WARNING", &format!("final event '{}' {reason}", hook.handler.name));
            }
        }
        finished
    }

    fn note(&self, call: &Call, thread: u64) {
        let params = log::shown(&call.params);
        let (level, kind, user) = match call.origin {
            Origin::Internal => ("EXTINFO", "Internal", call.caller.id.to_string()),
            Origin::Http | Origin::Mgrctl => ("INFO", "Request", call.who()),
        };
        self.log.write(thread, "core_module", level, &format!("{kind} [{}][{user}] '{params}'", call.ip));
        let request = call.request();
        self.calls.lock().expect("the record").push(CallRecord {
            at: Instant::now(),
            origin: call.origin,
            function: request.function,
            params: request.params,
            caller: request.caller,
            ip: request.ip,
        });
    }

    /// One pass through events and the function.
    fn one(&self, registry: &Registry, call: &Call, thread: u64) -> Node {
        let head = finish::head(self, call);
        let function = match self.find(registry, call) {
            Ok(function) => function,
            Err(error) => return head.with(finish::error(&error)),
        };
        let events = call.origin != Origin::Internal || self.options.events_on_internal_calls;
        if events {
            for hook in registry.hooks(&call.function, Moment::Before) {
                match self.start(hook, call, &head) {
                    Ok(answer) if answer.child("error").is_some() => {
                        return head.with(answer.child("error").cloned().unwrap_or_default());
                    }
                    Ok(_) => {}
                    Err(reason) => {
                        if let Some(broken) = self.broken(hook, &reason, thread) {
                            return head.with(broken);
                        }
                    }
                }
            }
        }
        let mut doc = match function {
            Function::Core => self
                .own_function(call)
                .map_or_else(|error| head.clone().with(finish::error(&error)), |answer| onto(&head, answer)),
            Function::Panel => match self.functions.run(&call.request()) {
                Ok(answer) => onto(&head, answer),
                Err(error) => head.clone().with(finish::error(&error)),
            },
            Function::Plugin(plugin) => self.plugin(registry, call, plugin, &head, thread),
        };
        if events && doc.child("error").is_none() {
            for hook in registry.hooks(&call.function, Moment::After) {
                finish::describe(self, registry, call, &mut doc);
                match self.start(hook, call, &doc) {
                    Ok(answer) => doc = combine(hook.handler.kind, doc, answer),
                    Err(reason) => {
                        if let Some(broken) = self.broken(hook, &reason, thread) {
                            return head.with(broken);
                        }
                    }
                }
                if doc.child("error").is_some() {
                    break;
                }
            }
        }
        doc
    }

    /// Whether there is such a function.
    pub fn known(&self, registry: &Registry, function: &str) -> bool {
        self.functions.level(function).is_some()
            || Self::own_level(function).is_some()
            || registry.functions.contains_key(function)
    }

    fn find<'a>(&self, registry: &'a Registry, call: &Call) -> Result<Function<'a>, PanelError> {
        let denied = || PanelError {
            kind: "access".into(),
            object: String::new(),
            value: call.function.clone(),
            message: String::new(),
        };
        if let Some(level) = self.functions.level(&call.function) {
            return if call.caller.level >= level { Ok(Function::Panel) } else { Err(denied()) };
        }
        if let Some(level) = Self::own_level(&call.function) {
            return if call.caller.level >= level { Ok(Function::Core) } else { Err(denied()) };
        }
        if let Some(plugin) = registry.functions.get(&call.function) {
            // A function of a plugin can be called by anybody who is logged in (facts/coremanager, pitfall 7).
            let allowed = plugin.level.as_ref().filter(|_| self.options.func_level);
            let allowed = allowed.is_none_or(|list| level::allows(list, call.caller.level, self.options.bare_level));
            return if allowed { Ok(Function::Plugin(plugin)) } else { Err(denied()) };
        }
        Err(PanelError {
            kind: "missed".into(),
            object: "func".into(),
            value: call.function.clone(),
            message: String::new(),
        })
    }

    fn plugin(&self, registry: &Registry, call: &Call, plugin: &PluginFunction, head: &Node, thread: u64) -> Node {
        let mut doc = head.clone();
        finish::describe(self, registry, call, &mut doc);
        if !call.param("elid").is_empty() {
            doc.children.push(Node::leaf("elid", call.param("elid")));
        }
        let run = Run {
            handler: &plugin.handler,
            event_type: "action",
            function: &call.function,
            call,
            params: &call.params,
            stdin: match plugin.handler.kind {
                Kind::Xml => doc.to_xml(),
                Kind::Cgi => String::new(),
            },
        };
        match handler::run(&self.root, &self.options, &run) {
            Ok(answer) => combine(plugin.handler.kind, doc, answer),
            Err(reason) => {
                let name = &plugin.handler.name;
                self.log.write(thread, "action", "ERROR", &format!("plugin '{name}' {reason}"));
                head.clone().with(finish::broken_plugin(name))
            }
        }
    }

    /// Runs the handler of an event with the document as it stands.
    fn start(&self, hook: &EventHook, call: &Call, doc: &Node) -> Result<Node, String> {
        let stdin = match hook.handler.kind {
            Kind::Xml => doc.to_xml(),
            Kind::Cgi if hook.post_data => call.query.clone(),
            Kind::Cgi => String::new(),
        };
        let run = Run {
            handler: &hook.handler,
            event_type: hook.moment.name(),
            function: &call.function,
            call,
            params: &call.params,
            stdin,
        };
        handler::run(&self.root, &self.options, &run)
    }

    /// The panel's error for a handler that broke; nothing when its descriptor asks to ignore that.
    fn broken(&self, hook: &EventHook, reason: &str, thread: u64) -> Option<Node> {
        let name = &hook.handler.name;
        self.log.write(thread, "action", "ERROR", &format!("plugin '{name}' {reason}"));
        (!hook.handler.ignore_errors).then(|| finish::broken_plugin(name))
    }
}

/// Who serves a function.
enum Function<'a> {
    Core,
    Panel,
    Plugin(&'a PluginFunction),
}

/// A function's answer with the attributes of the panel's own document.
fn onto(head: &Node, mut answer: Node) -> Node {
    for (name, value) in &head.attributes {
        if answer.get(name).is_none() {
            answer.set(name, value);
        }
    }
    let params = head.child("tparams").filter(|_| answer.child("tparams").is_none());
    answer.children.splice(0..0, params.cloned());
    answer
}

/// What a handler's document does to the panel's: `xml` replaces it, `cgi` is merged into it (facts/coremanager 2.1).
fn combine(kind: Kind, mut doc: Node, answer: Node) -> Node {
    if kind == Kind::Xml {
        return answer;
    }
    for child in answer.children {
        let described = matches!(child.name.as_str(), "metadata" | "messages");
        match doc.children.iter_mut().find(|existing| described && existing.name == child.name) {
            Some(existing) => merge(existing, &child),
            None => doc.children.push(child),
        }
    }
    doc
}

/// The ids in `elid`, which a selection joins by ", ".
pub fn elements(elid: &str) -> Vec<String> {
    elid.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// The call as it is made for one element of a selection. `QUERY_STRING` keeps the whole list.
fn for_element(call: &Call, id: &str, ids: &[String]) -> Call {
    let mut one = call.clone();
    for (name, value) in &mut one.params {
        if name == "elid" {
            id.clone_into(value);
        }
    }
    one.params.push(("elids".into(), ids.join(", ")));
    one
}
