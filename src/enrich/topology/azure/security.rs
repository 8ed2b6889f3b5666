//! Network security groups with their rules, and flow-log settings.

use super::node::{Failure, Node};
use crate::enrich::inventory::NsgRule;
use crate::enrich::topology::error::TopologyReason;
use crate::enrich::topology::resource::{FlowLog, Resources, SecurityGroup};
use crate::enrich::topology::text::normalised_id;
use crate::schema::codes::{Direction, Status};

pub(super) fn security_group(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mut rules = Vec::new();
    for (key, is_default) in [("securityRules", false), ("defaultSecurityRules", true)] {
        for one in node.list(key) {
            rules.push(rule(&one, is_default)?);
        }
    }
    rules.sort_by(|a, b| (a.direction, a.priority, &a.name).cmp(&(b.direction, b.priority, &b.name)));
    let attached = [node.references("subnets")?, node.references("networkInterfaces")?].concat();
    let guid = node.optional_text("resourceGuid")?.to_lowercase();
    let group = SecurityGroup { name: node.name()?, guid, rules, attached };
    resources.others.nsgs.entry(node.key()?).or_insert(group);
    Ok(())
}

fn rule(node: &Node, is_default: bool) -> Result<NsgRule, Failure> {
    let (direction, access) = (node.optional_text("direction")?, node.optional_text("access")?);
    let direction = Direction::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(direction));
    let access = match access.to_ascii_lowercase().as_str() {
        "allow" => Status::Allowed,
        "deny" => Status::Denied,
        _ => return Err(node.fail(TopologyReason::Expected("an access of Allow or Deny"))),
    };
    Ok(NsgRule {
        name: node.name()?,
        priority: node.optional_number("priority")?.ok_or_else(|| node.fail(TopologyReason::Missing("priority")))?,
        direction: direction.ok_or_else(|| node.fail(TopologyReason::Expected("a direction of Inbound or Outbound")))?,
        access,
        is_default,
    })
}

pub(super) fn flow_log(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let target = normalised_id(node.optional_text("targetResourceId")?);
    if target.is_empty() {
        return Err(node.fail(TopologyReason::Missing("targetResourceId")));
    }
    let is_enabled = node.field("enabled").is_some_and(|field| field.value.as_bool() == Some(true));
    resources.others.flow_logs.entry(node.key()?).or_insert(FlowLog { target, is_enabled });
    Ok(())
}
