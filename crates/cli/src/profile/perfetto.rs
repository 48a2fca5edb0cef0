//! The run's timeline as trace events in JSON, which Perfetto and Chrome's tracing read: what ran on each core, collections
//! by actor, and counters. Times are microseconds.

use protocol::{MetricSample, Profile, json_text, rates};

use super::Trace;

/// Process numbers of the groups.
const CORES: u32 = 1;
const COLLECTIONS: u32 = 2;
const COUNTERS: u32 = 3;

/// The whole file.
pub(super) fn trace(profile: &Profile, trace: &Trace, metrics: &[MetricSample]) -> String {
    let mut events = Vec::new();
    for (process, name) in [(CORES, "Cores"), (COLLECTIONS, "Collections"), (COUNTERS, "Counters")] {
        events.push(format!(
            "{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{process},\"tid\":0,\"args\":{{\"name\":\"{name}\"}}}}"
        ));
    }
    let label = |number: u32| {
        let actor = profile.actors.iter().find(|actor| actor.actor.0 == number);
        match actor.filter(|actor| !actor.label.is_empty()) {
            Some(actor) => format!("{} (actor {number})", actor.label),
            None => format!("actor {number}"),
        }
    };
    let mut cores: Vec<usize> = trace.slices.iter().map(|(core, _)| *core).collect();
    cores.sort_unstable();
    cores.dedup();
    for core in cores {
        events.push(thread(CORES, core as u32, &format!("core {core}")));
    }
    for (core, slice) in &trace.slices {
        let name = json_text(&label(slice.number));
        let args = format!("{{\"actor\":{}}}", slice.number);
        events.push(span(CORES, *core as u32, &name, slice.start_ms, slice.length_ms, &args));
    }
    let mut actors: Vec<u32> = trace.collections.iter().map(|(actor, _)| *actor).collect();
    actors.sort_unstable();
    actors.dedup();
    for actor in actors {
        events.push(thread(COLLECTIONS, actor, &label(actor)));
    }
    for (actor, one) in &trace.collections {
        let args = format!(
            "{{\"cause\":\"{}\",\"words before\":{},\"words after\":{},\"objects\":{}}}",
            one.cause.name(),
            one.words_before,
            one.words_after,
            one.objects
        );
        let name = format!("\"{}\"", one.kind.name());
        events.push(span(COLLECTIONS, *actor, &name, one.at_ms, one.pause_ms, &args));
    }
    counters(&mut events, metrics);
    format!(
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"producer\":\"Physics World\",\"slices not kept\":\"{}\",\
         \"collections not kept\":\"{}\"}},\"traceEvents\":[\n{}\n]}}\n",
        trace.slices_dropped,
        trace.collections_dropped,
        events.join(",\n")
    )
}

fn thread(process: u32, thread: u32, name: &str) -> String {
    let name = json_text(name);
    format!(
        "{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{process},\"tid\":{thread},\"args\":{{\"name\":{name}}}}}"
    )
}

/// Something that took a while; `name` and `args` are JSON.
fn span(process: u32, thread: u32, name: &str, start_ms: f64, length_ms: f64, args: &str) -> String {
    format!(
        "{{\"ph\":\"X\",\"name\":{name},\"pid\":{process},\"tid\":{thread},\"ts\":{:.3},\"dur\":{:.3},\"args\":{args}}}",
        start_ms.max(0.0) * 1e3,
        length_ms * 1e3
    )
}

fn counters(events: &mut Vec<String>, metrics: &[MetricSample]) {
    let counter = |name: &str, at_ms: f64, value: f64| {
        format!(
            "{{\"ph\":\"C\",\"name\":\"{name}\",\"pid\":{COUNTERS},\"tid\":0,\"ts\":{:.3},\"args\":{{\"value\":{value:.1}}}}}",
            at_ms.max(0.0) * 1e3
        )
    };
    for sample in metrics {
        events.push(counter("heap bytes", sample.at_ms, sample.totals.heap_bytes as f64));
        events.push(counter("actors", sample.at_ms, f64::from(sample.totals.actors)));
    }
    for (at_ms, rate) in rates(metrics, |totals| totals.reductions) {
        events.push(counter("reductions/s", at_ms, rate));
    }
    for (at_ms, rate) in rates(metrics, |totals| totals.allocated_words * 8) {
        events.push(counter("bytes allocated/s", at_ms, rate));
    }
    for (at_ms, rate) in rates(metrics, |totals| totals.messages) {
        events.push(counter("messages/s", at_ms, rate));
    }
}
