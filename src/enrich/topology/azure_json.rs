//! The topology in Azure's JSON: virtual networks and network interfaces, in any of the encodings of one resource.
//!
//! Goes in: the text of `az network vnet list`, `az network nic list`, of REST, PowerShell or Resource Graph: an
//! array, one object, `{"value": […]}`, `{"data": […]}`, or one of these a line. Comes out: VNets and interfaces, or
//! the path that is wrong. Keys are matched in any case, and a field is looked up in the object, then in its
//! `properties`. Reads no other resource and no further fields.

use serde_json::Value;

use super::error::{Place, TopologyReason, quote};
use super::resource::{Interface, Resources, Vnet, VnetSubnet, normalised_id, parse_addresses, parse_mac, parse_prefix};

type Failure = (Place, TopologyReason);

/// Reads the text of a JSON file.
pub(super) fn read(text: &str) -> Result<Resources, Failure> {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        documents.push(document.map_err(|error| (Place::Line(error.line()), TopologyReason::Syntax(error.to_string())))?);
    }
    let mut resources = Resources::default();
    for (number, value) in documents.iter().enumerate() {
        let path = if documents.len() > 1 { format!("document {}", number + 1) } else { String::new() };
        read_list(&Node { value, path }, &mut resources)?;
    }
    Ok(resources)
}

/// Reads a resource, or each of a list of them.
fn read_list(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let list = if node.value.is_array() {
        Some(node.items())
    } else {
        let lists = ["value", "data"].iter().filter_map(|key| node.own(key));
        lists.filter(|list| list.value.is_array()).map(|list| list.items()).next()
    };
    let Some(list) = list else { return read_resource(node, resources) };
    list.iter().try_for_each(|item| read_list(item, resources))
}

fn read_resource(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    match kind(node)? {
        Kind::Vnet => resources.vnets.push(vnet(node)?),
        Kind::Interface => resources.interfaces.push(interface(node)?),
    }
    Ok(())
}

enum Kind {
    Vnet,
    Interface,
}

/// Which resource an object is: by its `type`, else by its id, else by fields that only one of them has.
fn kind(node: &Node) -> Result<Kind, Failure> {
    node.expect_object()?;
    let own_text = |key| node.own(key).and_then(|field| field.value.as_str().map(str::to_owned));
    let of_id = || own_text("id").and_then(|id| type_of_id(&id));
    let Some(name) = own_text("type").filter(|name| name.contains('/')).or_else(of_id) else {
        return if node.field("addressSpace").is_some() {
            Ok(Kind::Vnet)
        } else if node.field("macAddress").is_some() && node.field("ipConfigurations").is_some() {
            Ok(Kind::Interface)
        } else {
            Err(node.fail(TopologyReason::NoResource))
        };
    };
    match name.to_lowercase().as_str() {
        "microsoft.network/virtualnetworks" => Ok(Kind::Vnet),
        // The NICs of a scale set are a type below it.
        lower if lower.ends_with("/networkinterfaces") => Ok(Kind::Interface),
        _ => Err(node.fail(TopologyReason::OtherResource(quote(&name)))),
    }
}

/// `namespace/type[/type]` of `…/providers/namespace/type/name[/type/name]`.
fn type_of_id(id: &str) -> Option<String> {
    let segments: Vec<&str> = id.split('/').collect();
    let at = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"))?;
    let (namespace, pairs) = segments[at + 1..].split_first()?;
    let types: Vec<&str> = pairs.chunks(2).map(|pair| pair[0]).collect();
    (!types.is_empty()).then(|| format!("{namespace}/{}", types.join("/")))
}

fn vnet(node: &Node) -> Result<Vnet, Failure> {
    let id = node.id()?;
    let mut subnets = Vec::new();
    for subnet in node.list("subnets") {
        let name = subnet.name()?;
        let id = match subnet.id()? {
            own if own.is_empty() && !id.is_empty() => normalised_id(&format!("{id}/subnets/{name}")),
            own => own,
        };
        subnets.push(VnetSubnet { id, name, prefixes: prefixes(&subnet)?, place: subnet.place() });
    }
    let prefixes = node.field("addressSpace").map(|space| prefixes(&space)).transpose()?.unwrap_or_default();
    Ok(Vnet { id, name: node.name()?, prefixes, subnets })
}

/// The prefixes of an object: `addressPrefix`, a text or a list, and `addressPrefixes`.
fn prefixes(node: &Node) -> Result<Vec<ipnet::IpNet>, Failure> {
    node.expect_object()?;
    let mut prefixes = Vec::new();
    for key in ["addressPrefix", "addressPrefixes"] {
        for text in node.list(key) {
            let prefix = parse_prefix(text.text()?).map_err(|reason| text.fail(reason))?;
            if !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
    }
    Ok(prefixes)
}

fn interface(node: &Node) -> Result<Interface, Failure> {
    let mac = match node.field("macAddress") {
        Some(field) => parse_mac(field.text()?).map_err(|reason| field.fail(reason))?,
        None => String::new(),
    };
    let vm = match node.field("virtualMachine") {
        Some(vm) => vm_name(&vm.id()?, vm.optional_text("id")?),
        None => String::new(),
    };
    let mut addresses = Vec::new();
    for configuration in node.list("ipConfigurations") {
        configuration.expect_object()?;
        let subnet = configuration.field("subnet");
        let subnet = subnet.map(|subnet| subnet.optional_text("id")).transpose()?.unwrap_or_default();
        let Some(field) = configuration.field("privateIPAddress") else { continue };
        let text = field.text()?;
        if !text.is_empty() {
            let own = parse_addresses(text).map_err(|reason| field.fail(reason))?;
            addresses.extend(own.into_iter().map(|address| (address, subnet.to_owned())));
        }
    }
    Ok(Interface { id: node.id()?, name: node.name()?, mac, vm, addresses, place: node.place() })
}

/// The VM's name from its id; an instance of a scale set is named as Azure names it, `set_0`.
fn vm_name(normalised: &str, id: &str) -> String {
    let segments: Vec<&str> = id.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        [.., set, _, instance] if normalised.contains("/virtualmachinescalesets/") => format!("{set}_{instance}"),
        [.., name] => (*name).to_owned(),
        [] => String::new(),
    }
}

/// A value and the path that leads to it.
struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    fn place(&self) -> Place {
        Place::Path(self.path.clone())
    }

    fn fail(&self, reason: TopologyReason) -> Failure {
        (self.place(), reason)
    }

    /// A field of the object itself, its key in any case; null counts as absent.
    fn own(&self, key: &str) -> Option<Node<'a>> {
        let object = self.value.as_object()?;
        let exact = object.get_key_value(key);
        let (key, value) = exact.or_else(|| object.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)))?;
        let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
        (!value.is_null()).then_some(Node { value, path })
    }

    /// A field of the object, else of its `properties`.
    fn field(&self, key: &str) -> Option<Node<'a>> {
        self.own(key).or_else(|| self.own("properties")?.own(key))
    }

    /// The items of an array, or the value itself as the only one.
    fn items(&self) -> Vec<Node<'a>> {
        let Some(items) = self.value.as_array() else { return vec![Node { value: self.value, path: self.path.clone() }] };
        items.iter().enumerate().map(|(i, value)| Node { value, path: format!("{}[{i}]", self.path) }).collect()
    }

    /// The items of a field; none if it is absent. PowerShell writes a list of one as the one.
    fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.field(key).map(|field| field.items()).unwrap_or_default()
    }

    fn expect_object(&self) -> Result<(), Failure> {
        if self.value.is_object() { Ok(()) } else { Err(self.fail(TopologyReason::Expected("an object"))) }
    }

    fn text(&self) -> Result<&'a str, Failure> {
        self.value.as_str().ok_or_else(|| self.fail(TopologyReason::Expected("a text")))
    }

    /// The text of a field, empty if it is absent.
    fn optional_text(&self, key: &str) -> Result<&'a str, Failure> {
        self.expect_object()?;
        self.field(key).map_or(Ok(""), |field| field.text())
    }

    fn id(&self) -> Result<String, Failure> {
        Ok(normalised_id(self.optional_text("id")?))
    }

    /// The name, else the last part of the id.
    fn name(&self) -> Result<String, Failure> {
        let own = self.optional_text("name")?;
        let name = if own.is_empty() { self.optional_text("id")?.rsplit('/').next().unwrap_or_default() } else { own };
        if name.is_empty() { Err(self.fail(TopologyReason::Missing("name"))) } else { Ok(name.to_owned()) }
    }
}
