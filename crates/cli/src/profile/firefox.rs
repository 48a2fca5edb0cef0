//! A profile in Firefox Profiler's processed format, version 62: tables by columns, which all threads share. An actor is a
//! thread, a reduction a unit of weight.

use std::collections::HashMap;

use protocol::{Profile, ProfileKind, json_text};

/// Processed format whose fields are written here; newer profilers upgrade older ones.
const VERSION: u32 = 62;

/// Texts by number, each once.
#[derive(Default)]
struct Strings {
    texts: Vec<String>,
    known: HashMap<String, usize>,
}

impl Strings {
    fn number(&mut self, text: &str) -> usize {
        let next = self.texts.len();
        let number = *self.known.entry(text.to_string()).or_insert(next);
        if number == next {
            self.texts.push(json_text(text));
        }
        number
    }
}

/// The whole file.
pub(super) fn profile(profile: &Profile, name: &str) -> String {
    let mut strings = Strings::default();
    let shared = shared(profile, &mut strings);
    let mut threads = Vec::new();
    for (index, actor) in profile.actors.iter().enumerate() {
        let samples: Vec<_> = profile.timeline.iter().filter(|sample| sample.actor == actor.actor).collect();
        let column = |cells: Vec<String>| cells.join(",");
        let mut before_ms = 0.0;
        let mut deltas = Vec::with_capacity(samples.len());
        for sample in &samples {
            deltas.push(format!("{:.4}", (sample.at_ms - before_ms).max(0.0)));
            before_ms = sample.at_ms.max(before_ms);
        }
        let stacks = samples.iter().map(|one| one.node.map_or("null".to_string(), |node| node.to_string()));
        let weights = samples.iter().map(|one| one.reductions.to_string());
        let label = if actor.label.is_empty() {
            format!("actor {}", actor.actor.0)
        } else {
            format!("{} (actor {})", actor.label, actor.actor.0)
        };
        threads.push(format!(
            "{{\"name\":{0},\"processName\":{1},\"processType\":\"default\",\"processStartupTime\":0,\
             \"processShutdownTime\":null,\"registerTime\":0,\"unregisterTime\":null,\"pausedRanges\":[],\
             \"isMainThread\":{2},\"showMarkersInTimeline\":false,\"pid\":\"1\",\"tid\":\"{3}\",\
             \"markers\":{{\"length\":0,\"category\":[],\"data\":[],\"endTime\":[],\"name\":[],\"phase\":[],\"startTime\":[]}},\
             \"samples\":{{\"length\":{4},\"stack\":[{5}],\"timeDeltas\":[{6}],\"weight\":[{7}],\"weightType\":\"samples\"}}}}",
            json_text(&label),
            json_text(name),
            index == 0,
            actor.actor.0,
            samples.len(),
            column(stacks.collect()),
            deltas.join(","),
            column(weights.collect()),
        ));
    }
    format!(
        "{{\"meta\":{{\"version\":24,\"preprocessedProfileVersion\":{VERSION},\"product\":{0},\"processType\":0,\
         \"interval\":1,\"startTime\":0,\"debug\":false,\"symbolicated\":true,\"usesOnlyOneStackType\":true,\
         \"sourceCodeIsNotOnSearchfox\":true,\"markerSchema\":[],\"pausedRanges\":[],\
         \"sampleUnits\":{{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"µs\"}},\
         \"extensions\":{{\"length\":0,\"baseURL\":[],\"id\":[],\"name\":[]}},\"categories\":[{1}]}},\
         \"libs\":[],\"pages\":[],\"counters\":[],\"profilerOverhead\":[],\"shared\":{{{shared},\"stringArray\":[{2}]}},\
         \"threads\":[{3}]}}\n",
        json_text(&format!("Physics World: {name}")),
        CATEGORIES
            .map(|(name, color)| format!(
                "{{\"name\":\"{name}\",\"color\":\"{color}\",\"subcategories\":[\"Other\"]}}"
            ))
            .join(","),
        strings.texts.join(","),
        threads.join(","),
    )
}

const CATEGORIES: [(&str, &str); 4] =
    [("Other", "grey"), ("Program", "blue"), ("Library", "green"), ("Native", "orange")];

fn category(kind: ProfileKind) -> usize {
    match kind {
        ProfileKind::Unknown => 0,
        ProfileKind::Program => 1,
        ProfileKind::Library => 2,
        ProfileKind::Native => 3,
    }
}

/// A column of as many equal cells.
fn same(cell: &str, length: usize) -> String {
    vec![cell; length].join(",")
}

/// The tables that threads share: a frame is a place, a function a procedure, a stack a node.
fn shared(profile: &Profile, strings: &mut Strings) -> String {
    let or_null = |line: u32| if line > 0 { line.to_string() } else { "null".to_string() };
    let mut files: Vec<&str> = Vec::new();
    let (mut names, mut sources, mut first_lines) = (Vec::new(), Vec::new(), Vec::new());
    for procedure in &profile.procedures {
        names.push(strings.number(&procedure.name).to_string());
        first_lines.push(or_null(procedure.line));
        if procedure.file.is_empty() {
            sources.push("null".to_string());
            continue;
        }
        let known = files.iter().position(|file| *file == procedure.file);
        sources.push(known.unwrap_or(files.len()).to_string());
        if known.is_none() {
            files.push(&procedure.file);
        }
    }
    let functions = names.len();
    let filenames: Vec<String> = files.iter().map(|file| strings.number(file).to_string()).collect();
    let frames = profile.places.len();
    let of_place: Vec<String> = profile.places.iter().map(|place| place.procedure.to_string()).collect();
    let lines: Vec<String> = profile.places.iter().map(|place| or_null(place.line)).collect();
    let kind = |place: &protocol::ProfilePlace| profile.procedures[place.procedure as usize].kind;
    let categories: Vec<String> =
        profile.places.iter().map(|place| category(kind(place)).to_string()).collect();
    let prefixes =
        profile.nodes.iter().map(|node| node.parent.map_or("null".to_string(), |up| up.to_string()));
    let prefixes: Vec<String> = prefixes.collect();
    let of_stack: Vec<String> = profile.nodes.iter().map(|node| node.place.to_string()).collect();
    let files_count = files.len();
    format!(
        "\"frameTable\":{{\"length\":{frames},\"address\":[{}],\"inlineDepth\":[{}],\"category\":[{}],\"subcategory\":[{}],\
         \"func\":[{}],\"nativeSymbol\":[{}],\"innerWindowID\":[{}],\"line\":[{}],\"column\":[{}]}},\
         \"funcTable\":{{\"length\":{functions},\"name\":[{}],\"isJS\":[{}],\"relevantForJS\":[{}],\"resource\":[{}],\
         \"source\":[{}],\"lineNumber\":[{}],\"columnNumber\":[{}]}},\
         \"stackTable\":{{\"length\":{},\"frame\":[{}],\"prefix\":[{}]}},\
         \"sources\":{{\"length\":{files_count},\"filename\":[{}],\"id\":[{}],\"sourceMapURL\":[{}],\"startLine\":[{}],\
         \"startColumn\":[{}]}},\
         \"resourceTable\":{{\"length\":0,\"lib\":[],\"name\":[],\"host\":[],\"type\":[]}},\
         \"nativeSymbols\":{{\"length\":0,\"libIndex\":[],\"address\":[],\"name\":[],\"functionSize\":[]}}",
        same("-1", frames),
        same("0", frames),
        categories.join(","),
        same("0", frames),
        of_place.join(","),
        same("null", frames),
        same("0", frames),
        lines.join(","),
        same("null", frames),
        names.join(","),
        same("false", functions),
        same("false", functions),
        same("-1", functions),
        sources.join(","),
        first_lines.join(","),
        same("null", functions),
        of_stack.len(),
        of_stack.join(","),
        prefixes.join(","),
        filenames.join(","),
        same("null", files_count),
        same("null", files_count),
        same("1", files_count),
        same("1", files_count),
    )
}
