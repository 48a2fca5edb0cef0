//! Where programs spend their reductions: flame graph, table, and metrics over time.
//!
//! 1. What is zoomed and where the keys are is a path of procedures from the outermost on, so that both stay when a newer
//!    profile has come.

use std::rc::Rc;

use protocol::{Command, Flame, Metrics, Profile, ProfileKind, Totals};
use wasm_bindgen::JsValue;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::empty;
use crate::canvas::{FlameView, draw_flame, frame_name};
use crate::components::{CanvasBox, Draw, Legend, Point, Sparkline};
use crate::download::save_file;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;

/// Rows of the table.
const LISTED: usize = 100;
/// Time between two profiles while the program runs, ms.
const ASK_MS: f64 = 500.0;

/// Procedures from the outermost on.
type Path = Vec<u32>;

/// The frame that a path leads to, as far as there is one.
fn frame_of(flame: &Flame, path: &[u32]) -> u32 {
    let mut at = 0;
    for procedure in path {
        let children = &flame.frames[at as usize].children;
        let next = children.iter().find(|child| flame.frames[**child as usize].procedure == Some(*procedure));
        let Some(next) = next else { break };
        at = *next;
    }
    at
}

/// The path that leads to a frame.
fn path_of(flame: &Flame, mut frame: u32) -> Path {
    let mut path = Vec::new();
    while let Some(procedure) = flame.frames.get(frame as usize).and_then(|one| one.procedure) {
        path.push(procedure);
        frame = flame.frames[frame as usize].parent;
    }
    path.reverse();
    path
}

/// Where a key leads from a frame.
fn moved(flame: &Flame, from: u32, key: &str) -> Option<u32> {
    let frame = flame.frames.get(from as usize)?;
    let beside = |step: isize| {
        let siblings = &flame.frames[frame.parent as usize].children;
        let place = siblings.iter().position(|one| *one == from)?;
        siblings.get(place.checked_add_signed(step)?).copied()
    };
    match key {
        "ArrowDown" => frame.children.first().copied(),
        "ArrowUp" => Some(frame.parent),
        "ArrowRight" => beside(1),
        "ArrowLeft" => beside(-1),
        "Home" => Some(0),
        _ => None,
    }
}

fn share(part: u64, all: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / all.max(1) as f64)
}

fn place_of(profile: &Profile, procedure: u32, line: u32) -> Option<(String, u32)> {
    let one = profile.procedures.get(procedure as usize)?;
    let line = if line > 0 { line } else { one.line };
    (!one.file.is_empty() && line > 0).then(|| (one.file.clone(), line))
}

/// The view.
#[component]
pub fn ProfileView() -> Html {
    let world = use_world();
    let only = use_state_eq(|| false);
    let inverted = use_state_eq(|| false);
    let zoom = use_state_eq(Path::new);
    let focus = use_state_eq(Path::new);
    let pointed = use_state_eq(|| None::<Path>);
    let search = use_state_eq(String::new);
    let state = &world.state;
    let is_on = state.profiling > 0;
    let actor = state.selected.filter(|_| *only);
    {
        let (world, running) = (world.clone(), state.is_running());
        let now = if running { state.snapshot.elapsed_ms / ASK_MS } else { state.snapshot.elapsed_ms };
        use_effect_with((actor, is_on, running, now as u64), move |(actor, ..)| {
            world.engine.send(&Command::AskProfile { actor: *actor });
        });
    }
    let profile: Rc<Profile> = state.profile.clone();
    let flame = use_memo((state.profile_version, *inverted), |(_, inverted)| profile.flame(*inverted));
    let (zoomed, focused) = (frame_of(&flame, &zoom), frame_of(&flame, &focus));
    let sought = search.to_lowercase();
    let view = {
        let (profile, flame, sought) = (Rc::clone(&profile), Rc::clone(&flame), sought.clone());
        move |run: &mut dyn FnMut(&FlameView<'_>)| {
            run(&FlameView {
                profile: &profile,
                flame: &flame,
                zoom: zoomed,
                focus: focused,
                search: &sought,
            });
        }
    };
    let draw = {
        let view = view.clone();
        Draw::new(move |canvas| view(&mut |view| draw_flame(canvas, view)))
    };
    let at_point = {
        let (view, flame) = (view.clone(), Rc::clone(&flame));
        move |at: &Point| {
            let mut found = None;
            view(&mut |view| found = view.frame_at(at.width, at.height, at.x, at.y));
            found.map(|frame| path_of(&flame, frame))
        }
    };
    let onpoint = {
        let (pointed, at_point) = (pointed.setter(), at_point.clone());
        Callback::from(move |point: Option<Point>| pointed.set(point.and_then(|at| at_point(&at))))
    };
    let onpick = {
        let (zoom, focus) = (zoom.setter(), focus.setter());
        Callback::from(move |at: Point| {
            if let Some(path) = at_point(&at) {
                zoom.set(path.clone());
                focus.set(path);
            }
        })
    };
    let onkeydown = keys(&world, &profile, &flame, (&zoom, zoomed), (&focus, focused));
    let shown = pointed.as_ref().map_or(focused, |path| frame_of(&flame, path));
    let version = sought
        .bytes()
        .map(u64::from)
        .fold(state.profile_version << 32 ^ u64::from(zoomed) << 16 ^ u64::from(focused), |sum, byte| {
            sum.wrapping_mul(31) ^ byte
        })
        ^ u64::from(*inverted) << 59
        ^ (state.theme as u64) << 60;
    let anything = profile.samples > 0;
    html! {
        <div class="profile">
            <Legend
                text="Where reductions go: a bar is a procedure, as long as its share; what it called lies below it."
                more="Every 10,000 reductions of an actor it is noted where that actor is. Inverted, what ran is on top and who called it below. \
                      With the keys: arrows walk, Space zooms in, Escape out, Enter shows the line in the editor. A click zooms. \
                      Library and primitives are grey. A program runs the same with this as without."
            />
            { controls(&world, &profile, [&only, &inverted], &search, [&zoom, &focus]) }
            { metrics(&world) }
            <p class="profile__at" data-testid="profile-at" aria-live="polite">{ described(&profile, &flame, shown, *inverted) }</p>
            if !anything { { empty("Nothing was sampled yet. Press Record and run a program, N-Queens for example.") } }
            <div class={if anything { "profile__flame" } else { "profile__flame profile__flame--empty" }} data-testid="profile-flame" tabindex="0" role="application" aria-label="Flame graph; arrow keys walk, Space zooms in, Escape out, Enter shows the line" {onkeydown}>
                <CanvasBox class="profile__canvas" label="Flame graph" {draw} {version} {onpoint} {onpick} />
            </div>
            <Table sought={sought} />
        </div>
    }
}

fn keys(
    world: &World,
    profile: &Rc<Profile>,
    flame: &Rc<Flame>,
    (zoom, zoomed): (&UseStateHandle<Path>, u32),
    (focus, focused): (&UseStateHandle<Path>, u32),
) -> Callback<KeyboardEvent> {
    let (world, profile, flame) = (world.clone(), Rc::clone(profile), Rc::clone(flame));
    let (zoom, focus) = (zoom.setter(), focus.setter());
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = event.key();
        match key.as_str() {
            "Enter" => {
                let frame = &flame.frames[focused as usize];
                let place = frame.procedure.and_then(|one| place_of(&profile, one, frame.line));
                if let Some((file, line)) = place {
                    world.reveal(&file, line);
                }
            }
            " " => zoom.set(path_of(&flame, focused)),
            "Escape" => {
                let out = flame.frames[zoomed as usize].parent;
                zoom.set(path_of(&flame, out));
                focus.set(path_of(&flame, out));
            }
            key => {
                let Some(next) = moved(&flame, focused, key) else { return };
                focus.set(path_of(&flame, next));
                // What the keys are at is in sight.
                let (inner, outer) = (&flame.frames[next as usize], &flame.frames[zoomed as usize]);
                if inner.start < outer.start || inner.start + inner.total > outer.start + outer.total {
                    zoom.set(path_of(&flame, next));
                }
            }
        }
        event.prevent_default();
        event.stop_propagation();
    })
}

fn described(profile: &Profile, flame: &Flame, frame: u32, inverted: bool) -> String {
    let Some(one) = flame.frames.get(frame as usize).filter(|one| one.total > 0) else {
        return String::new();
    };
    let all = flame.frames[0].total;
    let Some(procedure) = one.procedure else {
        let rarely = if profile.deep > 0 {
            format!(", {} with only their innermost frames", format::grouped(profile.deep))
        } else {
            String::new()
        };
        return format!(
            "all: {} samples{rarely}, {} reductions in {}",
            format::grouped(profile.samples),
            format::scaled(profile.reductions as f64),
            format::milliseconds(profile.milliseconds)
        );
    };
    let place = match place_of(profile, procedure, one.line) {
        Some((file, line)) => format!(", {file}:{line}"),
        None => match profile.procedures[procedure as usize].kind {
            ProfileKind::Library => ", of the library".to_owned(),
            ProfileKind::Native => ", a primitive".to_owned(),
            _ => String::new(),
        },
    };
    let (name, total) = (frame_name(profile, flame, frame), share(one.total, all));
    match (inverted, one.row) {
        (true, 1) => format!("{name}{place}: itself {total}"),
        (true, _) => format!("{name}{place}: called what is above for {total}"),
        _ => format!("{name}{place}: itself {}, with what it called {total}", share(one.own, all)),
    }
}

fn controls(
    world: &World,
    profile: &Rc<Profile>,
    [only, inverted]: [&UseStateHandle<bool>; 2],
    search: &UseStateHandle<String>,
    paths: [&UseStateHandle<Path>; 2],
) -> Html {
    let is_on = world.state.profiling > 0;
    let onrecord = {
        let world = world.clone();
        Callback::from(move |_: MouseEvent| {
            let interval = if is_on { 0 } else { protocol::PROFILE_INTERVAL };
            world.dispatch(Action::SetProfiling(interval));
            world.engine.send(&Command::SetProfiling { interval });
        })
    };
    let reset = {
        let paths = paths.map(|path| path.setter());
        move || paths.iter().for_each(|path| path.set(Path::new()))
    };
    let onwhose = {
        let (only, reset) = (only.setter(), reset.clone());
        Callback::from(move |event: Event| {
            let list = event.target_dyn_into::<HtmlSelectElement>();
            only.set(list.is_some_and(|list| list.value() == "selected"));
            reset();
        })
    };
    let oninvert = {
        let inverted = (*inverted).clone();
        Callback::from(move |_: MouseEvent| {
            inverted.set(!*inverted);
            reset();
        })
    };
    let onsearch = {
        let search = search.setter();
        Callback::from(move |event: InputEvent| {
            search.set(
                event.target_dyn_into::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default(),
            );
        })
    };
    let onexport = {
        let (world, profile) = (world.clone(), Rc::clone(profile));
        Callback::from(move |_: MouseEvent| {
            let name = world.state.files.first().map_or("program", |file| &file.name);
            let text = JsValue::from_str(&profile.to_speedscope(name));
            if save_file("profile.speedscope.json", "application/json", &text).is_none() {
                world.report(Err("The browser does not let the page save a file.".to_owned()));
            }
        })
    };
    let selected = world.state.selected;
    html! {
        <div class="profile__controls">
            <button class="control heap__button" data-testid="profile-record" aria-pressed={is_on.to_string()} onclick={onrecord} title="Note where actors are, now and then, while the program runs">
                { if is_on { "Stop recording" } else { "Record" } }
            </button>
            <label class="select"><select data-testid="profile-whose" aria-label="Whose" onchange={onwhose}>
                <option value="all" selected={!**only}>{ "all actors" }</option>
                <option value="selected" selected={**only} disabled={selected.is_none()}>
                    { selected.map_or("selected actor".to_owned(), |actor| format::actor_name(world.state.row(actor), actor)) }
                </option>
            </select></label>
            <button class="control heap__button" data-testid="profile-invert" aria-pressed={inverted.to_string()} onclick={oninvert} title="What ran on top, who called it below">{ "Invert" }</button>
            <input class="profile__search" type="search" data-testid="profile-search" placeholder="Find a procedure" aria-label="Find a procedure" value={(**search).clone()} oninput={onsearch} />
            <button class="control heap__button" data-testid="profile-export" disabled={profile.samples == 0} onclick={onexport} title="Save the profile as a file for speedscope">{ "Export" }</button>
        </div>
    }
}

fn metrics(world: &World) -> Html {
    let samples = world.state.history.metrics();
    let found = Metrics::of(&samples).unwrap_or_default();
    let rates =
        |get: fn(&Totals) -> u64| protocol::rates(&samples, get).map(|(_, rate)| rate).collect::<Vec<f64>>();
    let levels = |get: fn(&Totals) -> f64| samples.iter().map(|one| get(&one.totals)).collect::<Vec<f64>>();
    let trend = |a_second: f64, shown: &dyn Fn(f64) -> String| match a_second {
        up if up >= 0.5 => format!("rising by {} a second", shown(up)),
        down if down <= -0.5 => format!("falling by {} a second", shown(-down)),
        _ => "steady".to_owned(),
    };
    let bytes = |count: f64| format::bytes(count as u64);
    let now = world.state.snapshot.totals;
    let rows = [
        (
            "Reductions",
            format!("{}/s", format::scaled(found.reductions)),
            trend(found.reductions_trend, &format::scaled),
            rates(|totals| totals.reductions),
        ),
        (
            "Allocated",
            format!("{}/s", bytes(found.allocated_bytes)),
            trend(found.allocated_trend, &bytes),
            rates(|totals| totals.allocated_words),
        ),
        (
            "Heap",
            format::bytes(now.heap_bytes),
            trend(found.heap_growth_bytes, &bytes),
            levels(|totals| totals.heap_bytes as f64),
        ),
        (
            "Collecting",
            format!("{:.1} %, {:.0}/s", found.collecting * 100.0, found.collections),
            format!(
                "{} each, {} given back in a millisecond",
                format::milliseconds(found.collection_ms),
                bytes(found.reclaimed_bytes)
            ),
            rates(|totals| (totals.collection_ms * 1e3) as u64),
        ),
        (
            "Messages",
            format!("{}/s", format::scaled(found.messages)),
            String::new(),
            rates(|totals| totals.messages),
        ),
        (
            "Actors",
            format::grouped(u64::from(now.actors)),
            trend(found.actors_growth, &format::scaled),
            levels(|totals| f64::from(totals.actors)),
        ),
        (
            "Deepest stack",
            format::words(now.depth_words_max),
            format!("{} at most", format::words(found.depth_words_max)),
            levels(|totals| totals.depth_words_max as f64),
        ),
    ];
    html! {
        <details class="profile__metrics" data-testid="profile-metrics">
            <summary>{ "Metrics over time" }</summary>
            <div class="profile__charts">
                { for rows.into_iter().map(|(name, figure, about, values)| html! {
                    <figure class="profile__chart" key={name}>
                        <figcaption><span>{ name }</span><strong>{ &figure }</strong></figcaption>
                        <Sparkline {values} label={format!("{name} over time: now {figure} {about}")} />
                        <span class="quiet">{ about }</span>
                    </figure>
                }) }
            </div>
        </details>
    }
}

/// Properties of [`Table`].
#[derive(Properties, PartialEq)]
struct TableProps {
    /// Part of the names to show, in lowercase.
    sought: String,
}

/// The procedures with what they took.
#[component]
fn Table(props: &TableProps) -> Html {
    let world = use_world();
    let by_total = use_state_eq(|| false);
    let profile = Rc::clone(&world.state.profile);
    let mut rows = profile.by_procedure();
    if *by_total {
        rows.sort_by_key(|one| std::cmp::Reverse((one.total, one.own)));
    }
    rows.retain(|row| profile.procedures[row.index as usize].name.to_lowercase().contains(&props.sought));
    if rows.is_empty() {
        return html! {};
    }
    let head = |name: &'static str, total: bool| {
        let chosen = *by_total == total;
        let by_total = by_total.setter();
        let onclick = Callback::from(move |_: MouseEvent| by_total.set(total));
        html! {
            <th class="table__number" aria-sort={if chosen { "descending" } else { "none" }}>
                <button class="growth__sort" {onclick} title={format!("Sort by {}", name.to_lowercase())}>{ name }{ if chosen { " ▾" } else { "" } }</button>
            </th>
        }
    };
    let more = rows.len().saturating_sub(LISTED);
    html! {
        <div class="table-scroll profile__table">
            <table class="table" data-testid="profile-table">
                <thead><tr>{ head("Itself", false) }{ head("Total", true) }<th>{ "Procedure" }</th><th>{ "Line" }</th></tr></thead>
                <tbody>
                    { for rows.iter().take(LISTED).map(|row| {
                        let procedure = &profile.procedures[row.index as usize];
                        let place = place_of(&profile, row.index, 0).map(|(file, line)| {
                            let (world, text) = (world.clone(), format!("{file}:{line}"));
                            let onclick = Callback::from(move |_: MouseEvent| world.reveal(&file, line));
                            html! { <button class="place" {onclick} title="Show the line">{ text }</button> }
                        });
                        html! {
                            <tr key={row.index}>
                                <td class="table__number">{ share(row.own, profile.reductions) }</td>
                                <td class="table__number">{ share(row.total, profile.reductions) }</td>
                                <td>{ &procedure.name }</td>
                                <td>{ place.unwrap_or_else(|| html! { { match procedure.kind { ProfileKind::Library => "library", ProfileKind::Native => "primitive", _ => "" } } }) }</td>
                            </tr>
                        }
                    }) }
                </tbody>
            </table>
            if more > 0 { <p class="more">{ format!("{} more", format::grouped(more as u64)) }</p> }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ProfileNode, ProfilePlace, ProfileProcedure};

    use super::*;

    fn profile() -> Profile {
        let procedure = |name: &str, line| ProfileProcedure {
            name: name.to_owned(),
            file: "a.scm".to_owned(),
            line,
            kind: ProfileKind::Program,
        };
        let node = |parent, place, reductions| ProfileNode { parent, place, reductions, samples: 1 };
        Profile {
            procedures: vec![procedure("main", 1), procedure("f", 5), procedure("g", 9)],
            places: (0..3).map(|procedure| ProfilePlace { procedure, line: 7 }).collect(),
            nodes: vec![node(None, 0, 10), node(Some(0), 1, 30), node(Some(0), 2, 60)],
            reductions: 100,
            samples: 3,
            ..Profile::default()
        }
    }

    #[test]
    fn keys_walk_the_graph_and_paths_lead_back() {
        let profile = profile();
        let flame = profile.flame(false);
        let go = |keys: &[&str]| {
            let at = keys.iter().fold(0, |at, key| moved(&flame, at, key).unwrap_or(at));
            assert_eq!(frame_of(&flame, &path_of(&flame, at)), at);
            frame_name(&profile, &flame, at).to_owned()
        };
        assert_eq!(go(&[]), "all");
        assert_eq!(go(&["ArrowDown", "ArrowDown"]), "g");
        assert_eq!(go(&["ArrowDown", "ArrowDown", "ArrowRight"]), "f");
        assert_eq!(go(&["ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"]), "g");
        assert_eq!(go(&["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp"]), "all");
        assert_eq!(frame_of(&flame, &[0, 99]), 1, "as far as there is one");
    }

    #[test]
    fn a_frame_is_told_with_its_shares_and_its_line() {
        let profile = profile();
        let flame = profile.flame(false);
        assert_eq!(
            described(&profile, &flame, 1, false),
            "main, a.scm:7: itself 10.0 %, with what it called 100.0 %"
        );
        assert_eq!(described(&profile, &flame, 0, false), "all: 3 samples, 100 reductions in 0 µs");
        let inverted = profile.flame(true);
        let named = |name: &str, share: u64| {
            let frames = 0..inverted.frames.len() as u32;
            let frames = frames.filter(|at| frame_name(&profile, &inverted, *at) == name);
            let mut frames = frames.filter(|at| inverted.frames[*at as usize].total == share);
            frames.next().expect("a frame of that name and share")
        };
        assert_eq!(described(&profile, &inverted, named("g", 60), true), "g, a.scm:7: itself 60.0 %");
        let caller = described(&profile, &inverted, named("main", 60), true);
        assert_eq!(caller, "main, a.scm:7: called what is above for 60.0 %");
        assert_eq!(described(&Profile::default(), &Profile::default().flame(false), 0, false), "");
    }
}
