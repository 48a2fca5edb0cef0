//! Samples merged into a tree of calls for each actor, at once and in bounded memory.
//!
//! 1. Nodes are added behind their parents, and the first node of an actor's tree is its root, which has no site.
//! 2. There are at most [`NODES_MAX`] nodes; what has no room counts for the caller that has, and is counted.

use std::cmp::Reverse;
use std::collections::HashMap;

use arena::WordMap;
use protocol::{
    ActorNumber, Profile, ProfileActor, ProfileKind, ProfileNode, ProfilePlace, ProfileProcedure,
    ProfileSample,
};
use vm::{NATIVE, SitePlace};

/// Nodes of all actors.
const NODES_MAX: usize = 1 << 17;
/// Actors with a tree of their own; all others share one.
const ACTORS_MAX: usize = 1_000;
/// Samples kept in time; when there are more, every other one is let go.
const TIMELINE_MAX: usize = 1 << 15;
/// Actors that a profile lists.
const ACTORS_LISTED: usize = 200;
/// Site of what stands for outer frames that were not looked at.
const DEEP: u32 = u32::MAX;
/// Number that stands for all actors without a tree.
const OTHERS: u32 = 0;

struct Node {
    /// Itself, for a root.
    parent: u32,
    site: u32,
    weight: u64,
    samples: u32,
}

struct Sample {
    at_ms: f64,
    actor: u32,
    node: u32,
    weight: u64,
}

struct Root {
    node: u32,
    label: String,
}

/// See the module.
#[derive(Default)]
pub(super) struct Tree {
    interval: u32,
    is_on: bool,
    started_ms: f64,
    ended_ms: f64,
    nodes: Vec<Node>,
    /// By parent and site.
    index: WordMap<u64, u32>,
    roots: WordMap<u32, Root>,
    /// The last sample's actor, and its frames from the outermost on, each with its node.
    last: (u32, Vec<(u32, u32)>),
    samples: u64,
    weight: u64,
    deep: u64,
    folded: u64,
    timeline: Vec<Sample>,
    /// One of so many samples is kept in time.
    stride: u64,
}

/// What a site is to a profile: a procedure, told apart by whose it is and its index, and a line.
pub(super) struct Place {
    key: (u32, u32),
    procedure: ProfileProcedure,
    line: u32,
}

impl Place {
    #[optimize(size)]
    pub(super) fn of(site: u32, found: Option<SitePlace>) -> Place {
        let is_native = site & NATIVE != 0;
        let Some(found) = found.filter(|_| site != DEEP) else {
            let name = if site == DEEP { "(outer frames left out)" } else { "(machine)" }.to_string();
            let procedure =
                ProfileProcedure { name, file: String::new(), line: 0, kind: ProfileKind::Unknown };
            return Place { key: (u32::MAX, u32::from(site == DEEP)), procedure, line: 0 };
        };
        let kind = match found.unit {
            _ if is_native => ProfileKind::Native,
            0 => ProfileKind::Library,
            _ => ProfileKind::Program,
        };
        let name = match found.procedure.as_str() {
            "" if kind == ProfileKind::Program && found.index == 0 => "(top level)".to_string(),
            "" if kind == ProfileKind::Program => format!("(lambda, line {})", found.first_line),
            "" => "(lambda)".to_string(),
            name => name.to_string(),
        };
        let key = if is_native { (u32::MAX - 1, site) } else { (found.unit, found.index) };
        let procedure = ProfileProcedure { name, file: found.file, line: found.first_line, kind };
        Place { key, procedure, line: found.line }
    }
}

impl Tree {
    /// Begins anew with an interval, or ends with 0.
    #[optimize(size)]
    pub(super) fn switch(&mut self, interval: u32, now_ms: f64) {
        if interval > 0 {
            *self = Tree { interval, is_on: true, started_ms: now_ms, stride: 1, ..Tree::default() };
        } else {
            self.is_on = false;
            self.ended_ms = now_ms;
        }
    }

    /// Takes in a sample: sites of frames, innermost first. Answers whether the actor is new and has no name yet.
    pub(super) fn add(&mut self, actor: u32, frames: &[u32], is_deep: bool, weight: u64, at_ms: f64) -> bool {
        if !self.is_on {
            return false;
        }
        let (actor, is_new) = self.root(actor);
        if self.last.0 != actor || is_new {
            self.last = (actor, Vec::new());
        }
        let mut node = self.roots[&actor].node;
        let mut path = std::mem::take(&mut self.last.1);
        let sites = is_deep.then_some(DEEP).into_iter().chain(frames.iter().rev().copied());
        let mut depth = 0;
        for site in sites {
            if path.get(depth).is_none_or(|(known, _)| *known != site) {
                path.truncate(depth);
                let Some(child) = self.child(node, site) else {
                    self.folded += weight;
                    break;
                };
                path.push((site, child));
            }
            node = path[depth].1;
            depth += 1;
        }
        path.truncate(depth);
        self.last.1 = path;
        self.nodes[node as usize].weight += weight;
        self.nodes[node as usize].samples += 1;
        if self.samples.is_multiple_of(self.stride) {
            self.timeline.push(Sample { at_ms, actor, node, weight });
        }
        self.samples += 1;
        self.weight += weight;
        self.deep += u64::from(is_deep);
        if self.timeline.len() == TIMELINE_MAX {
            self.stride *= 2;
            let mut keep = false;
            self.timeline.retain(|_| {
                keep = !keep;
                keep
            });
        }
        is_new
    }

    /// The actor whose tree takes its samples, and whether that is new.
    fn root(&mut self, actor: u32) -> (u32, bool) {
        if self.roots.contains_key(&actor) {
            return (actor, false);
        }
        let has_room = self.roots.len() < ACTORS_MAX && self.nodes.len() < NODES_MAX / 2;
        let actor = if has_room { actor } else { OTHERS };
        if !self.roots.contains_key(&actor) {
            let node = self.nodes.len() as u32;
            self.nodes.push(Node { parent: node, site: 0, weight: 0, samples: 0 });
            let label = if actor == OTHERS { "others".to_string() } else { String::new() };
            self.roots.insert(actor, Root { node, label });
        }
        (actor, has_room)
    }

    fn child(&mut self, parent: u32, site: u32) -> Option<u32> {
        let next = self.nodes.len() as u32;
        let key = u64::from(parent) << 32 | u64::from(site);
        if next as usize >= NODES_MAX {
            return self.index.get(&key).copied();
        }
        let found = *self.index.entry(key).or_insert(next);
        if found == next {
            self.nodes.push(Node { parent, site, weight: 0, samples: 0 });
        }
        Some(found)
    }

    /// The name of an actor.
    pub(super) fn name(&mut self, actor: u32, label: String) {
        if let Some(root) = self.roots.get_mut(&actor) {
            root.label = label;
        }
    }

    /// See [`super::Profiler::profile`].
    #[optimize(size)]
    pub(super) fn profile(
        &self,
        resolve: impl Fn(u32) -> Place,
        actor: Option<u32>,
        nodes_max: usize,
        timeline: bool,
        (origin_ms, now_ms): (f64, f64),
    ) -> Profile {
        let mut making = Making::default();
        let wanted = actor.map(|actor| self.roots.get(&actor).map_or(u32::MAX, |root| root.node));
        let mut own = vec![0; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            let is_root = node.parent as usize == index;
            // The root that it hangs on.
            own[index] = if is_root { index as u32 } else { own[node.parent as usize] };
            let is_in = wanted.is_none_or(|wanted| wanted == own[index]);
            making.add(node, is_root, is_in, &resolve);
        }
        let samples = self.timeline.iter().filter(|_| timeline).filter_map(|sample| {
            let node = making.of[sample.node as usize];
            let is_in = wanted.is_none_or(|wanted| wanted == own[sample.node as usize]);
            is_in.then_some(ProfileSample {
                at_ms: sample.at_ms - origin_ms,
                actor: ActorNumber(sample.actor),
                node,
                reductions: sample.weight,
            })
        });
        let samples = samples.collect();
        let (nodes, timeline, cut) = cut(making.nodes, samples, nodes_max);
        Profile {
            actor: actor.map(ActorNumber),
            is_on: self.is_on,
            interval: self.interval,
            milliseconds: if self.is_on { now_ms } else { self.ended_ms } - self.started_ms,
            samples: nodes.iter().map(|node| u64::from(node.samples)).sum(),
            reductions: nodes.iter().map(|node| node.reductions).sum(),
            deep: self.deep,
            folded: self.folded + cut,
            actors: self.actors(&own),
            procedures: making.procedures,
            places: making.places,
            nodes,
            timeline,
        }
    }

    #[optimize(size)]
    fn actors(&self, own: &[u32]) -> Vec<ProfileActor> {
        let mut sums: WordMap<u32, u64> = WordMap::default();
        for (node, root) in self.nodes.iter().zip(own) {
            *sums.entry(*root).or_default() += node.weight;
        }
        let mut actors: Vec<ProfileActor> = self
            .roots
            .iter()
            .map(|(actor, root)| ProfileActor {
                actor: ActorNumber(*actor),
                label: root.label.clone(),
                reductions: sums.get(&root.node).copied().unwrap_or(0),
            })
            .collect();
        actors.sort_by_key(|actor| (Reverse(actor.reductions), actor.actor));
        actors.truncate(ACTORS_LISTED);
        actors
    }
}

/// A profile that is being made: sites become places, and nodes with equal ones become one.
#[derive(Default)]
struct Making {
    procedures: Vec<ProfileProcedure>,
    places: Vec<ProfilePlace>,
    nodes: Vec<ProfileNode>,
    /// What each node of the tree has become.
    of: Vec<Option<u32>>,
    by_key: HashMap<(u32, u32), u32>,
    by_site: WordMap<u32, u32>,
    by_place: HashMap<(u32, u32), u32>,
    by_parent: HashMap<(Option<u32>, u32), u32>,
}

impl Making {
    #[optimize(size)]
    fn add(&mut self, node: &Node, is_root: bool, is_in: bool, resolve: &impl Fn(u32) -> Place) {
        if !is_in || is_root && node.samples == 0 {
            return self.of.push(None);
        }
        let parent = if is_root { None } else { self.of[node.parent as usize] };
        // What a root has of its own was seen where no frame was.
        let place = if is_root { self.place(DEEP - 1, resolve) } else { self.place(node.site, resolve) };
        let next = self.nodes.len() as u32;
        let found = *self.by_parent.entry((parent, place)).or_insert(next);
        if found == next {
            self.nodes.push(ProfileNode { parent, place, reductions: 0, samples: 0 });
        }
        let into = &mut self.nodes[found as usize];
        into.reductions += node.weight;
        into.samples += node.samples;
        // What was called by a frame of the program was not called by the machine's.
        self.of.push((!is_root).then_some(found));
    }

    #[optimize(size)]
    fn place(&mut self, site: u32, resolve: &impl Fn(u32) -> Place) -> u32 {
        if let Some(known) = self.by_site.get(&site) {
            return *known;
        }
        let Place { key, procedure, line } = resolve(site);
        let next = self.procedures.len() as u32;
        let index = *self.by_key.entry(key).or_insert(next);
        if index == next {
            self.procedures.push(procedure);
        }
        let next = self.places.len() as u32;
        let found = *self.by_place.entry((index, line)).or_insert(next);
        if found == next {
            self.places.push(ProfilePlace { procedure: index, line });
        }
        self.by_site.insert(site, found);
        found
    }
}

/// The `nodes_max` nodes with most reductions, those of what they called included; the rest counts for those that are left.
/// Answers how many reductions that are.
#[optimize(size)]
fn cut(
    nodes: Vec<ProfileNode>,
    mut timeline: Vec<ProfileSample>,
    nodes_max: usize,
) -> (Vec<ProfileNode>, Vec<ProfileSample>, u64) {
    if nodes.len() <= nodes_max {
        return (nodes, timeline, 0);
    }
    let mut totals: Vec<u64> = nodes.iter().map(|node| node.reductions).collect();
    for index in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[index].parent {
            totals[parent as usize] += totals[index];
        }
    }
    // Who calls has no less than who is called and comes first: whatever stays, its parents do.
    let mut order: Vec<u32> = (0..nodes.len() as u32).collect();
    order.sort_by_key(|index| (Reverse(totals[*index as usize]), *index));
    order.truncate(nodes_max);
    order.sort_unstable();
    let mut stays = vec![false; nodes.len()];
    order.iter().for_each(|index| stays[*index as usize] = true);
    let (mut kept, mut into, mut lost) = (Vec::with_capacity(nodes_max), Vec::with_capacity(nodes.len()), 0);
    for (index, node) in nodes.into_iter().enumerate() {
        let parent: Option<u32> = node.parent.and_then(|parent| into[parent as usize]);
        if stays[index] {
            into.push(Some(kept.len() as u32));
            kept.push(ProfileNode { parent, ..node });
            continue;
        }
        into.push(parent);
        lost += node.reductions;
        if let Some(parent) = parent {
            kept[parent as usize].reductions += node.reductions;
            kept[parent as usize].samples += node.samples;
        }
    }
    for sample in &mut timeline {
        sample.node = sample.node.and_then(|node| into[node as usize]);
    }
    (kept, timeline, lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sites 1 to 9 are procedures of these numbers.
    fn resolve(site: u32) -> Place {
        let found = SitePlace {
            procedure: format!("p{site}"),
            index: site,
            unit: 1,
            file: "a.scm".to_string(),
            first_line: site,
            line: site,
        };
        Place::of(site, (site < 1 << 20).then_some(found))
    }

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.switch(100, 5.0);
        tree
    }

    fn profile(tree: &Tree, actor: Option<u32>, nodes_max: usize) -> Profile {
        tree.profile(resolve, actor, nodes_max, true, (5.0, 25.0))
    }

    fn named(profile: &Profile) -> Vec<(String, Option<u32>, u64)> {
        let name = |node: &ProfileNode| profile.procedures[profile.procedure_of(node) as usize].name.clone();
        profile.nodes.iter().map(|node| (name(node), node.parent, node.reductions)).collect()
    }

    #[test]
    fn equal_stacks_are_one_path_and_actors_are_told_apart() {
        let mut tree = tree();
        assert!(tree.add(1, &[3, 2, 1], false, 100, 6.0));
        assert!(!tree.add(1, &[4, 2, 1], false, 150, 7.0));
        assert!(tree.add(7, &[3, 2, 1], false, 30, 8.0));
        assert!(!tree.add(1, &[3, 2, 1], false, 100, 9.0));
        tree.name(7, "seven".to_string());
        let all = profile(&tree, None, 100);
        let wanted = [("p1", None, 0), ("p2", Some(0), 0), ("p3", Some(1), 230), ("p4", Some(1), 150)];
        assert_eq!(named(&all), wanted.map(|(name, parent, weight)| (name.to_string(), parent, weight)));
        assert_eq!((all.samples, all.reductions, all.milliseconds), (4, 380, 20.0));
        let listed: Vec<_> =
            all.actors.iter().map(|one| (one.actor.0, one.label.as_str(), one.reductions)).collect();
        assert_eq!(listed, [(1, "", 350), (7, "seven", 30)]);
        let times: Vec<_> = all.timeline.iter().map(|one| (one.at_ms, one.actor.0, one.node)).collect();
        assert_eq!(times, [(1.0, 1, Some(2)), (2.0, 1, Some(3)), (3.0, 7, Some(2)), (4.0, 1, Some(2))]);
        let one = profile(&tree, Some(7), 100);
        assert_eq!((one.samples, one.reductions, one.nodes.len()), (1, 30, 3));
        assert!(profile(&tree, Some(99), 100).nodes.is_empty());
    }

    #[test]
    fn what_has_no_room_counts_for_its_callers() {
        let mut tree = tree();
        for site in 2..9 {
            tree.add(1, &[site, 1], false, u64::from(site), 0.0);
        }
        tree.add(1, &[5], true, 50, 0.0);
        tree.add(1, &[], false, 2, 0.0);
        let cut = profile(&tree, None, 4);
        let wanted =
            [("p1", None, 27), ("p8", Some(0), 8), ("(outer frames left out)", None, 0), ("p5", Some(2), 50)];
        assert_eq!(named(&cut), wanted.map(|(name, parent, weight)| (name.to_string(), parent, weight)));
        assert_eq!((cut.deep, cut.folded), (1, 29));
    }

    #[test]
    fn memory_is_bounded_whatever_is_sampled() {
        let mut tree = tree();
        let weight = 3;
        for sample in 0..NODES_MAX as u32 {
            let frames: Vec<u32> = (0..4).map(|frame| 1 + (sample * 4 + frame) % 500_000).collect();
            tree.add(sample % 3_000, &frames, false, weight, 0.0);
        }
        assert!(tree.nodes.len() <= NODES_MAX && tree.roots.len() <= ACTORS_MAX + 1);
        assert!(tree.timeline.len() < TIMELINE_MAX && tree.timeline.len() > TIMELINE_MAX / 3);
        let all = tree.profile(resolve, None, usize::MAX, false, (0.0, 0.0));
        assert_eq!(all.reductions, weight * NODES_MAX as u64);
        assert!(all.folded > 0 && all.timeline.is_empty());
    }
}
