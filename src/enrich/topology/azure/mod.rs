//! The topology in Azure's JSON, in any of the encodings of one resource (docs/topology.md).
//!
//! Goes in: the text of an export of the CLI, REST, PowerShell or Resource Graph: an array, one object, `{"value": […]}`,
//! `{"data": […]}`, a table of columns and rows, or one of these a line. Comes out: resources and warnings, or the path that is
//! wrong. What no reader of [`READERS`] reads is passed over and counted; of each resource only named fields are read, never keys
//! or secrets.

mod balancer;
mod gateway;
mod machine;
mod node;
mod public_ip;
mod security;
mod vnet;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::node::{Failure, Node};
use super::error::{Place, TopologyReason, quote};
use super::resource::Resources;

/// What reads the resources of one type.
struct Reader {
    /// The type, lower case.
    resource: &'static str,
    /// Fields that tell the resource where neither a type nor an id does; none where they would not.
    telling: &'static [&'static str],
    read: fn(&Node, &mut Resources) -> Result<(), Failure>,
}

/// A reader per type, sorted by type.
static READERS: &[Reader] = &[
    Reader { resource: "microsoft.compute/virtualmachines", telling: &[], read: machine::machine },
    Reader { resource: "microsoft.compute/virtualmachinescalesets", telling: &[], read: machine::scale_set },
    Reader { resource: "microsoft.compute/virtualmachinescalesets/virtualmachines", telling: &[], read: machine::machine },
    Reader {
        resource: "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces",
        telling: &[],
        read: machine::interface,
    },
    Reader {
        resource: "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces/ipconfigurations/publicipaddresses",
        telling: &[],
        read: public_ip::public_ip,
    },
    Reader { resource: "microsoft.network/applicationgateways", telling: &[], read: balancer::application_gateway },
    Reader { resource: "microsoft.network/connections", telling: &[], read: gateway::connection },
    Reader { resource: "microsoft.network/loadbalancers", telling: &[], read: balancer::load_balancer },
    Reader { resource: "microsoft.network/localnetworkgateways", telling: &[], read: gateway::local_network },
    Reader {
        resource: "microsoft.network/networkinterfaces",
        telling: &["macAddress", "ipConfigurations"],
        read: machine::interface,
    },
    Reader {
        resource: "microsoft.network/networksecuritygroups",
        telling: &["defaultSecurityRules"],
        read: security::security_group,
    },
    Reader { resource: "microsoft.network/networkwatchers/flowlogs", telling: &["targetResourceId"], read: security::flow_log },
    Reader { resource: "microsoft.network/privateendpoints", telling: &[], read: machine::private_endpoint },
    Reader { resource: "microsoft.network/publicipaddresses", telling: &[], read: public_ip::public_ip },
    Reader { resource: "microsoft.network/virtualnetworkgateways", telling: &[], read: gateway::gateway },
    Reader { resource: "microsoft.network/virtualnetworks", telling: &["addressSpace"], read: vnet::vnet },
    Reader { resource: "microsoft.network/virtualnetworks/subnets", telling: &[], read: vnet::subnet },
    Reader { resource: "microsoft.network/virtualnetworks/virtualnetworkpeerings", telling: &[], read: vnet::peering },
];

/// Most types that the warning of what was passed over lists.
const TYPES_LISTED_MAX: usize = 10;

/// Resources without a reader: how many of each type, and where the first one stands.
#[derive(Default)]
struct PassedOver {
    types: BTreeMap<String, u64>,
    first: Option<Failure>,
}

/// Reads the text of a JSON file.
pub(super) fn read(text: &str) -> Result<Resources, Failure> {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        documents.push(document.map_err(|error| (Place::Line(error.line()), syntax(&error)))?);
    }
    let (mut resources, mut passed_over) = (Resources::default(), PassedOver::default());
    for (number, value) in documents.iter().enumerate() {
        let path = if documents.len() > 1 { format!("document {}", number + 1) } else { String::new() };
        read_list(&Node { value, path }, &mut resources, &mut passed_over)?;
    }
    match passed_over.first.take() {
        Some(first) if resources.count == 0 => return Err(first),
        Some(_) => resources.warnings.push(passed_over.warning()),
        None => {}
    }
    Ok(resources)
}

/// Why JSON cannot be parsed; its line is told beside it.
fn syntax(error: &serde_json::Error) -> TopologyReason {
    if error.is_eof() {
        return TopologyReason::CutShort;
    }
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    TopologyReason::Syntax(format!("{what} at column {}", error.column()))
}

/// Reads a resource, or each of a list of them.
fn read_list(node: &Node, resources: &mut Resources, passed_over: &mut PassedOver) -> Result<(), Failure> {
    let lists = ["value", "data"].iter().filter_map(|key| node.own(key));
    let list = if node.value.is_array() { Some(node.items()) } else { None };
    let list = list.or_else(|| lists.filter(|list| list.value.is_array()).map(|list| list.items()).next());
    if let Some(list) = list {
        resources.warnings.extend(cut(node, list.len()));
        return list.iter().try_for_each(|item| read_list(item, resources, passed_over));
    }
    if let Some(table) = node.own("data").filter(|data| data.own("columns").is_some() && data.own("rows").is_some()) {
        let rows = objects(&table)?;
        resources.warnings.extend(cut(node, rows.len()));
        let path = |row: usize| format!("{}.rows[{row}]", table.path);
        let mut rows = rows.iter().enumerate().map(|(row, value)| Node { value, path: path(row) });
        return rows.try_for_each(|row| read_resource(&row, resources, passed_over));
    }
    read_resource(node, resources, passed_over)
}

/// The rows of a table `{"columns": [{"name": …}], "rows": [[…]]}` as objects.
fn objects(table: &Node) -> Result<Vec<Value>, Failure> {
    let names: Result<Vec<String>, Failure> = table.list("columns").iter().map(Node::name).collect();
    let names = names?;
    let mut objects = Vec::new();
    for row in table.list("rows") {
        let Some(cells) = row.value.as_array() else { return Err(row.fail(TopologyReason::Expected("a list of cells"))) };
        let object: Map<String, Value> = names.iter().cloned().zip(cells.iter().cloned()).collect();
        objects.push(Value::Object(object));
    }
    Ok(objects)
}

/// What tells that a list is one page of several: a link to the next page, or more rows than there are.
fn cut(list: &Node, rows: usize) -> Option<String> {
    let is_set = |key: &&str| match list.own(key).map(|field| field.value) {
        Some(Value::String(text)) => !text.is_empty() && !text.eq_ignore_ascii_case("false"),
        Some(Value::Bool(value)) => *value,
        _ => false,
    };
    let total = ["totalRecords", "total_records"].iter().find_map(|key| list.own(key)?.value.as_u64());
    let more = match total {
        Some(total) if total > rows as u64 => format!("it holds {rows} of {total} rows"),
        _ => {
            let sign = ["nextLink", "$skipToken", "skipToken", "skip_token", "resultTruncated"].iter().find(|key| is_set(key))?;
            format!("{sign} tells of more than its {rows} rows")
        }
    };
    Some(format!("the export was cut: {more}; hint: export every page, and give all of them"))
}

fn read_resource(node: &Node, resources: &mut Resources, passed_over: &mut PassedOver) -> Result<(), Failure> {
    node.expect_object()?;
    let own_text = |key| node.own(key).and_then(|field| field.value.as_str().map(str::to_owned));
    let of_id = || own_text("id").and_then(|id| type_of_id(&id));
    let reader = match own_text("type").filter(|name| name.contains('/')).or_else(of_id) {
        Some(name) => {
            let lower = name.to_lowercase();
            let reader = READERS.iter().find(|reader| reader.resource == lower);
            let Some(reader) = reader else {
                passed_over.add(lower, || node.fail(TopologyReason::OtherResource(quote(&name))));
                return Ok(());
            };
            reader
        }
        None => {
            let is_told =
                |reader: &&Reader| !reader.telling.is_empty() && reader.telling.iter().all(|key| node.field(key).is_some());
            READERS.iter().find(is_told).ok_or_else(|| node.fail(TopologyReason::NoResource))?
        }
    };
    (reader.read)(node, resources)?;
    resources.count += 1;
    Ok(())
}

/// `namespace/type[/type]` of `…/providers/namespace/type/name[/type/name]`.
fn type_of_id(id: &str) -> Option<String> {
    let segments: Vec<&str> = id.split('/').collect();
    let at = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"))?;
    let (namespace, pairs) = segments[at + 1..].split_first()?;
    let types: Vec<&str> = pairs.chunks(2).map(|pair| pair[0]).collect();
    (!types.is_empty()).then(|| format!("{namespace}/{}", types.join("/")))
}

impl PassedOver {
    fn add(&mut self, name: String, failure: impl FnOnce() -> Failure) {
        *self.types.entry(name).or_default() += 1;
        self.first.get_or_insert_with(failure);
    }

    /// `12 resources of other types were passed over: microsoft.network/routetables (10), …`, most first.
    fn warning(&self) -> String {
        let total: u64 = self.types.values().sum();
        let mut types: Vec<(&String, &u64)> = self.types.iter().collect();
        types.sort_by(|(a, few), (b, many)| (many, a).cmp(&(few, b)));
        let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"./-_".contains(&b));
        let shown = |name: &str| if is_plain(name) && name.len() <= 80 { name.to_owned() } else { quote(name) };
        let mut listed: Vec<String> =
            types.iter().take(TYPES_LISTED_MAX).map(|(name, count)| format!("{} ({count})", shown(name))).collect();
        if types.len() > TYPES_LISTED_MAX {
            listed.push(format!("and {} more types", types.len() - TYPES_LISTED_MAX));
        }
        let (resources, were) = if total == 1 { ("resource", "was") } else { ("resources", "were") };
        format!("{total} {resources} of other types {were} passed over: {}", listed.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::READERS;

    #[test]
    fn readers_are_sorted_by_type_and_lower_case() {
        assert!(READERS.windows(2).all(|pair| pair[0].resource < pair[1].resource));
        assert!(READERS.iter().all(|reader| reader.resource == reader.resource.to_lowercase()));
    }
}
