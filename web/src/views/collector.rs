//! The collector's settings, which take effect while the program runs, and the same program under several policies.
//!
//! 1. Policies are measured one after the other; one that fails to start ends the comparison.

use std::rc::Rc;

use protocol::{
    CollectorFigures, CollectorMethod, CollectorSettings, CollectorStress, Command, HeapAnswer,
    NamedCollector, Settings, SourceText,
};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::components::{Legend, NumberField};
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::{Action, Comparison};

/// Name of settings that no policy has.
const OWN: &str = "your own";
const WORDS_PER_KIB: u32 = 128;
/// Longest times for one policy, s.
const SECONDS: [u32; 3] = [2, 10, 60];

struct Number {
    name: &'static str,
    about: &'static str,
    least: u32,
    most: u32,
    read: fn(&CollectorSettings) -> u32,
    write: fn(&mut CollectorSettings, u32),
}

const NUMBERS: [Number; 7] = [
    Number {
        name: "Nursery, KiB",
        about: "New objects are made here. A small one is collected often, and each time quickly.",
        least: 1,
        most: 32_768,
        read: |s| s.nursery_words_max / WORDS_PER_KIB,
        write: |s, v| s.nursery_words_max = (v * WORDS_PER_KIB).next_power_of_two(),
    },
    Number {
        name: "Promotion age",
        about: "Collections of the nursery that an object survives before it moves to the old space.",
        least: 0,
        most: 3,
        read: |s| u32::from(s.promotion_age),
        write: |s, v| s.promotion_age = v as u8,
    },
    Number {
        name: "Growth, %",
        about: "The whole heap is collected when it has grown to this share of what the last time left. Less means more often.",
        least: 110,
        most: 1_000,
        read: |s| u32::from(s.growth_percent),
        write: |s, v| s.growth_percent = v as u16,
    },
    Number {
        name: "Threshold, KiB",
        about: "… but not while the heap is smaller than this.",
        least: 0,
        most: 1 << 20,
        read: |s| s.threshold_words / WORDS_PER_KIB,
        write: |s, v| s.threshold_words = v * WORDS_PER_KIB,
    },
    Number {
        name: "Objects",
        about: "… or when so many objects were made since; 0 is never.",
        least: 0,
        most: u32::MAX,
        read: |s| s.threshold_objects,
        write: |s, v| s.threshold_objects = v,
    },
    Number {
        name: "Compact at, %",
        about: "The old space is moved together when more than this share of it is holes: a small one at once, a large one in slices. 100 is never.",
        least: 0,
        most: 100,
        read: |s| u32::from(s.compact_percent),
        write: |s, v| s.compact_percent = v as u8,
    },
    Number {
        name: "Mark rate",
        about: "Words marked for each word allocated while marking goes on. More ends it sooner, with longer pauses.",
        least: 1,
        most: 255,
        read: |s| u32::from(s.mark_rate),
        write: |s, v| s.mark_rate = v as u8,
    },
];

struct Switch {
    name: &'static str,
    about: &'static str,
    read: fn(&CollectorSettings) -> bool,
    write: fn(&mut CollectorSettings, bool),
}

const SWITCHES: [Switch; 5] = [
    Switch {
        name: "On",
        about: "Off, nothing is reclaimed, and a full heap is the error gc-disabled.",
        read: |s| s.is_on,
        write: |s, v| s.is_on = v,
    },
    Switch {
        name: "Nursery on its own",
        about: "Otherwise every collection takes in the whole heap.",
        read: |s| s.is_generational,
        write: |s, v| s.is_generational = v,
    },
    Switch {
        name: "In slices",
        about: "The whole heap is marked and swept a part at a time, after collections of the nursery; not when it is copied.",
        read: |s| s.is_incremental,
        write: |s, v| s.is_incremental = v,
    },
    Switch {
        name: "Copy everything",
        about: "Old objects are copied side by side; otherwise they are marked and swept where they are.",
        read: |s| s.method == CollectorMethod::Copy,
        write: |s, v| s.method = if v { CollectorMethod::Copy } else { CollectorMethod::MarkSweep },
    },
    Switch {
        name: "Keep track of lines",
        about: "Every object that is made from now on remembers the line that made it, for its card and the heap's table of lines.",
        read: |s| s.tracks_sites,
        write: |s, v| s.tracks_sites = v,
    },
];

const STRESSES: [(&str, Option<CollectorStress>); 5] = [
    ("no", None),
    ("mixed", Some(CollectorStress::Mixed)),
    ("nursery", Some(CollectorStress::Minor)),
    ("mark all", Some(CollectorStress::Major)),
    ("copy all", Some(CollectorStress::Compact)),
];

/// The named policy of these settings.
fn name_of(policies: &[NamedCollector], settings: &CollectorSettings) -> Option<String> {
    policies.iter().find(|policy| policy.settings == settings.policy()).map(|policy| policy.name.clone())
}

fn set(world: &World, collector: CollectorSettings) {
    let settings = Settings { collector, ..world.state.settings.clone() };
    world.dispatch(Action::SetSettings(settings));
}

fn value_of(event: &Event) -> String {
    event.target_dyn_into::<HtmlSelectElement>().map(|list| list.value()).unwrap_or_default()
}

/// The panel of settings.
#[component]
pub fn CollectorPanel() -> Html {
    let world = use_world();
    let settings = world.state.settings.collector;
    let policies = &world.state.collectors;
    let name = name_of(policies, &settings);
    let onpolicy = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            let name = value_of(&event);
            if let Some(policy) = world.state.collectors.iter().find(|policy| policy.name == name) {
                set(&world, settings.with_policy(&policy.settings));
            }
        })
    };
    let onstress = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            let name = value_of(&event);
            let stress = STRESSES.iter().find(|(known, _)| *known == name).and_then(|(_, stress)| *stress);
            set(&world, CollectorSettings { stress, ..settings });
        })
    };
    html! {
        <>
            <label class="select">
                { "Policy " }
                <select data-testid="collector-policy" onchange={onpolicy}>
                    { for policies.iter().map(|policy| html! {
                        <option key={policy.name.clone()} value={policy.name.clone()} selected={name.as_ref() == Some(&policy.name)}>{ &policy.name }</option>
                    }) }
                    if name.is_none() { <option selected={true} value="">{ OWN }</option> }
                </select>
            </label>
            <details class="collector__more collector__more--settings">
                <summary data-testid="collector-more">{ "Settings" }</summary>
                <p class="quiet">{ "Each actor takes up a change when its next slice begins; what a program computes stays the same." }</p>
                <div class="settings">
                    { for NUMBERS.iter().map(|field| number(&world, settings, field)) }
                    { for SWITCHES.iter().map(|field| switch(&world, settings, field)) }
                    <label class="settings__field">
                        <span>{ "Stress" }</span>
                        <select data-testid="collector-stress" onchange={onstress}>
                            { for STRESSES.iter().map(|(name, stress)| html! {
                                <option key={*name} value={*name} selected={*stress == settings.stress}>{ *name }</option>
                            }) }
                        </select>
                        <span class="settings__about">{ "A collection at every allocation, to find faults in the machine; very slow." }</span>
                    </label>
                </div>
            </details>
        </>
    }
}

fn number(world: &World, settings: CollectorSettings, field: &'static Number) -> Html {
    let onnumber = {
        let world = world.clone();
        Callback::from(move |value: u64| {
            let mut settings = settings;
            (field.write)(&mut settings, value as u32);
            set(&world, settings);
        })
    };
    html! {
        <NumberField
            key={field.name}
            name={field.name}
            value={u64::from((field.read)(&settings))}
            least={u64::from(field.least)}
            most={u64::from(field.most)}
            {onnumber}
        >
            { field.about }
        </NumberField>
    }
}

fn switch(world: &World, settings: CollectorSettings, field: &'static Switch) -> Html {
    let onchange = {
        let world = world.clone();
        Callback::from(move |_: Event| {
            let mut settings = settings;
            let is_on = (field.read)(&settings);
            (field.write)(&mut settings, !is_on);
            set(&world, settings);
        })
    };
    html! {
        <label class="settings__field" key={field.name}>
            <span>{ field.name }</span>
            <input type="checkbox" checked={(field.read)(&settings)} {onchange} />
            <span class="settings__about">{ field.about }</span>
        </label>
    }
}

/// What is to be measured still, and with what.
struct Plan {
    world: World,
    files: Vec<SourceText>,
    settings: Settings,
    milliseconds_max: u32,
    /// The next one is the last.
    waiting: Vec<NamedCollector>,
    rows: Vec<(String, Result<CollectorFigures, String>)>,
}

impl Plan {
    /// Measures the next policy, if there is one, and then goes on.
    fn go_on(mut self) {
        let Some(next) = self.waiting.pop() else { return self.show(None) };
        let world = self.world.clone();
        let settings = Settings { collector: next.settings, ..self.settings.clone() };
        let (files, milliseconds_max) = (self.files.clone(), self.milliseconds_max);
        let id = world.engine.next_id();
        self.show(Some((id, next.name.clone())));
        let command = Command::MeasureCollector { id, files, settings, milliseconds_max };
        world.engine.request_of_heap(id, &command, move |answer| {
            let result = match answer {
                Ok(HeapAnswer::Measured(figures)) => Ok(*figures),
                Ok(_) => return,
                Err(text) => Err(text),
            };
            let is_over = match &result {
                Ok(figures) => figures.trouble.as_deref() == Some("given up"),
                Err(_) => true,
            };
            self.rows.push((next.name, result));
            if is_over {
                self.waiting.clear();
            }
            self.go_on();
        });
    }

    fn show(&self, under_way: Option<(u32, String)>) {
        let comparison = Comparison { rows: self.rows.clone(), under_way, left: self.waiting.len() };
        self.world.dispatch(Action::Compare(Rc::new(comparison)));
    }
}

/// The same program under several policies.
#[component]
pub fn PolicyComparison() -> Html {
    let world = use_world();
    let left_out = use_state_eq(Vec::<String>::new);
    let seconds = use_state_eq(|| SECONDS[1]);
    let state = &world.state;
    let mut policies = (*state.collectors).clone();
    let current = state.settings.collector.policy();
    if name_of(&policies, &current).is_none() {
        policies.push(NamedCollector { name: OWN.to_owned(), settings: current });
    }
    let chosen: Vec<NamedCollector> =
        policies.iter().filter(|policy| !left_out.contains(&policy.name)).cloned().collect();
    let comparison = Rc::clone(&state.comparison);
    let under_way = comparison.under_way.as_ref().map(|(id, _)| *id);
    let can_start = under_way.is_none() && !state.is_running() && !chosen.is_empty();
    let onclick = {
        let (world, seconds) = (world.clone(), *seconds);
        Callback::from(move |_: MouseEvent| match under_way {
            Some(id) => world.engine.send(&Command::GiveUp { id }),
            None => Plan {
                files: world.program(),
                settings: world.state.settings.clone(),
                milliseconds_max: seconds * 1_000,
                waiting: chosen.iter().rev().cloned().collect(),
                rows: Vec::new(),
                world: world.clone(),
            }
            .go_on(),
        })
    };
    let onseconds = {
        let seconds = seconds.setter();
        Callback::from(move |event: Event| seconds.set(value_of(&event).parse().unwrap_or(SECONDS[1])))
    };
    html! {
        <details class="collector__more">
            <summary data-testid="compare-more">{ "Compare policies" }</summary>
            <Legend
                text="The program in the editor, run under each policy in a fresh world, one after the other."
                more="Times are of this machine and this moment: other work beside it makes them longer. A program that does not end \
                      is stopped after the time that you give it, and its figures are those until then. What a program reads from \
                      files it may read here too; it cannot ask for permission."
            />
            <div class="collector">
                { for policies.iter().map(|policy| {
                    let is_chosen = !left_out.contains(&policy.name);
                    let onchange = {
                        let (left_out, name) = (left_out.clone(), policy.name.clone());
                        Callback::from(move |_: Event| {
                            let mut names = (*left_out).clone();
                            if is_chosen { names.push(name.clone()) } else { names.retain(|one| *one != name) }
                            left_out.set(names);
                        })
                    };
                    html! { <label class="check" key={policy.name.clone()}><input type="checkbox" checked={is_chosen} {onchange} />{ &policy.name }</label> }
                }) }
                <label class="select">
                    { "At most " }
                    <select data-testid="compare-seconds" onchange={onseconds}>
                        { for SECONDS.iter().map(|one| html! { <option key={*one} value={one.to_string()} selected={*one == *seconds}>{ format!("{one} s each") }</option> }) }
                    </select>
                </label>
                <button class="control heap__button" data-testid="compare-start" disabled={!can_start && under_way.is_none()} {onclick} title="Nothing else may run meanwhile: pause or stop the program first">
                    { if under_way.is_some() { "Give up" } else { "Compare" } }
                </button>
            </div>
            { table(&comparison) }
        </details>
    }
}

fn table(comparison: &Comparison) -> Html {
    if comparison.rows.is_empty() && comparison.under_way.is_none() {
        return html! {};
    }
    let number = |text: String| html! { <td class="table__number">{ text }</td> };
    html! {
        <div class="table-scroll">
            <table class="table" data-testid="compare-table">
                <caption class="visually-hidden">{ "The same program under several policies" }</caption>
                <thead><tr>
                    <th>{ "Policy" }</th>
                    { for ["Run time", "Collecting", "Longest pause", "p99", "Moved", "Most memory"].map(|name| html! { <th class="table__number">{ name }</th> }) }
                    <th>{ "Collections" }</th>
                </tr></thead>
                <tbody>
                    { for comparison.rows.iter().map(|(name, result)| match result {
                        Ok(figures) => html! {
                            <tr key={name.clone()}>
                                <td>{ name }</td>
                                { for [figures.milliseconds, figures.collection_ms, figures.pause_ms_max, figures.pause_ms_p99].map(|ms| number(format::milliseconds(ms))) }
                                { number(format::words(figures.words_moved)) }
                                { number(format::bytes(figures.bytes_max)) }
                                <td>{ counts(figures) }</td>
                            </tr>
                        },
                        Err(text) => html! { <tr key={name.clone()}><td>{ name }</td><td colspan="7">{ text }</td></tr> },
                    }) }
                </tbody>
            </table>
            if let Some((_, name)) = &comparison.under_way {
                <p class="more" role="status">{ format!("Running under {name}, {} more to come …", comparison.left) }</p>
            }
        </div>
    }
}

/// `12 minor, 3 mark; stopped after 2 s`.
fn counts(figures: &CollectorFigures) -> String {
    let kinds = figures.collections.iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<String> =
        kinds.map(|(name, count)| format!("{} {name}", format::grouped(*count))).collect();
    let mut text = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
    if figures.dropped > 0 {
        text.push_str(&format!(", {} more", format::grouped(figures.dropped)));
    }
    if let Some(trouble) = &figures.trouble {
        text.push_str("; ");
        text.push_str(trouble);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_keeps_the_default_and_what_it_is_set_to() {
        for field in &NUMBERS {
            let mut settings = CollectorSettings::default();
            let usual = (field.read)(&settings);
            assert!((field.least..=field.most).contains(&usual), "{}", field.name);
            (field.write)(&mut settings, usual);
            assert_eq!(settings, CollectorSettings::default(), "{}", field.name);
            for value in [field.least, field.most] {
                (field.write)(&mut settings, value);
                assert_eq!((field.read)(&settings), value, "{}", field.name);
            }
        }
        for field in &SWITCHES {
            let mut settings = CollectorSettings::default();
            let usual = (field.read)(&settings);
            (field.write)(&mut settings, !usual);
            assert_eq!((field.read)(&settings), !usual, "{}", field.name);
        }
    }

    #[test]
    fn a_policy_keeps_its_name_under_stress_and_a_change_takes_it_away() {
        let settings = CollectorSettings::default();
        let policies = [NamedCollector { name: "usual".to_owned(), settings }];
        let stressed =
            CollectorSettings { stress: Some(CollectorStress::Mixed), soft_percent: 80, ..settings };
        assert_eq!(name_of(&policies, &stressed).as_deref(), Some("usual"));
        let other = CollectorSettings { promotion_age: 3, ..settings };
        let changed = stressed.with_policy(&other);
        assert_eq!((changed.promotion_age, changed.soft_percent, changed.stress), (3, 80, stressed.stress));
        assert_eq!(changed.policy(), other);
        assert_eq!(name_of(&policies, &CollectorSettings { promotion_age: 3, ..settings }), None);
    }

    #[test]
    fn counts_say_what_was_cut_short() {
        let figures = CollectorFigures {
            collections: vec![("minor".to_owned(), 1_200), ("mark".to_owned(), 0), ("copy".to_owned(), 2)],
            trouble: Some("stopped after 2 s".to_owned()),
            ..CollectorFigures::default()
        };
        assert_eq!(counts(&figures), "1,200 minor, 2 copy; stopped after 2 s");
        assert_eq!(counts(&CollectorFigures::default()), "none");
    }
}
