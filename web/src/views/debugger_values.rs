//! Variables and the values within values, opened as deep as a person wants.
//!
//! 1. While actors stand still the engine is asked for what is opened, a window at a time; while they run, variables are those
//!    of the latest picture, and nothing can be opened.

use std::collections::HashMap;
use std::rc::Rc;

use protocol::{ActorNumber, DebuggerAnswer, DebuggerQuestion, ValuePath, ValueRow, WatchTarget};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::empty;
use crate::hooks::{World, use_world};
use crate::state::Action;
use crate::view::{Notice, NoticeKind, Watched};

/// Parts shown at once; more on request.
const PARTS_SHOWN: u32 = 50;

/// What is known of the values on show.
#[derive(Clone, Default, PartialEq)]
struct Opened {
    /// Variables of the frame.
    rows: Vec<ValueRow>,
    /// Parts of what is open, and how many there are.
    parts: HashMap<ValuePath, (Vec<ValueRow>, u32)>,
}

/// What can happen to [`Opened`].
enum Change {
    Variables(Vec<ValueRow>),
    Parts(ValuePath, Vec<ValueRow>, u32),
    Close(ValuePath),
}

impl Reducible for Opened {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut next = (*self).clone();
        match change {
            Change::Variables(rows) => next = Opened { rows, parts: HashMap::new() },
            Change::Parts(path, rows, total) => {
                let known = next.parts.entry(path).or_default();
                known.0.extend(rows);
                known.1 = total;
            }
            Change::Close(path) => {
                next.parts.remove(&path);
            }
        }
        Rc::new(next)
    }
}

/// Everything that a row needs to act.
#[derive(Clone)]
struct Ground {
    world: World,
    opened: UseReducerDispatcher<Opened>,
    actor: ActorNumber,
    frame: u32,
    /// Ask for everything anew.
    again: Callback<()>,
}

impl Ground {
    fn ask_parts(&self, path: ValuePath, first: u32) {
        let (opened, asked) = (self.opened.clone(), path.clone());
        let question = DebuggerQuestion::Parts { path, first, count: PARTS_SHOWN };
        let world = self.world.clone();
        self.world.engine.ask_debugger(self.actor, question, move |answer| match answer {
            Ok(DebuggerAnswer::Values { rows, total }) => opened.dispatch(Change::Parts(asked, rows, total)),
            Ok(_) => {}
            Err(text) => world.report(Err(text)),
        });
    }

    /// Has the actor stop when the value changes.
    fn watch(&self, path: &ValuePath) {
        let text = path.parts.iter().fold(path.name.clone(), |text, part| format!("{text}[{part}]"));
        let target = match path.parts.is_empty() {
            true => WatchTarget::Variable { frame: path.frame, name: path.name.clone() },
            false => WatchTarget::Part(path.clone()),
        };
        let watched = Watched {
            id: self.world.engine.next_id(),
            text,
            stops: Some(self.actor),
            is_expression: path.parts.is_empty(),
        };
        start_watch(&self.world, self.actor, target, watched);
    }

    /// Gives a variable another value.
    fn set(&self, name: &str, source: &str) {
        let source = format!("(begin (set! {name} {source}) {name})");
        let (world, again) = (self.world.clone(), self.again.clone());
        self.world.engine.evaluate_in_frame(self.actor, self.frame, source, move |result| {
            if let Err(text) = result {
                world.dispatch(Action::Notify(Notice::new(NoticeKind::Error, &text)));
            }
            again.emit(());
        });
    }
}

/// Has an actor stop when something changes, and lists that.
pub fn start_watch(world: &World, actor: ActorNumber, target: WatchTarget, watched: Watched) {
    let (later, id) = (world.clone(), watched.id);
    world.engine.ask_debugger(
        actor,
        DebuggerQuestion::Watch { watch: id, target },
        move |answer| match answer {
            Ok(_) => {
                let mut all = (*later.state.watched).clone();
                all.retain(|one| one.id != id);
                all.push(watched);
                later.dispatch(Action::SetWatched(all));
            }
            Err(text) => later.report(Err(text)),
        },
    );
}

/// Variables of the selected frame.
#[component]
pub fn Locals() -> Html {
    let world = use_world();
    let opened = use_reducer_eq(Opened::default);
    let round = use_state_eq(|| 0u32);
    let state = &world.state;
    let actor = state.selected.unwrap_or(ActorNumber(1));
    let is_paused = state.is_paused() && state.selected_frame().is_some();
    let frame = state.frame as u32;
    let (engine, dispatcher) = (world.engine.clone(), opened.dispatcher());
    use_effect_with(
        (is_paused, actor, frame, state.attention, *round),
        move |(is_paused, actor, frame, ..)| {
            if *is_paused {
                engine.ask_debugger(*actor, DebuggerQuestion::Variables { frame: *frame }, move |answer| {
                    if let Ok(DebuggerAnswer::Values { rows, .. }) = answer {
                        dispatcher.dispatch(Change::Variables(rows));
                    }
                });
            } else {
                dispatcher.dispatch(Change::Variables(Vec::new()));
            }
        },
    );
    let again = {
        let (round, value) = (round.setter(), *round);
        Callback::from(move |()| round.set(value + 1))
    };
    let ground = Ground { world: world.clone(), opened: opened.dispatcher(), actor, frame, again };
    let mut rows = Vec::new();
    if is_paused && !opened.rows.is_empty() {
        for row in &opened.rows {
            let path = ValuePath { frame: Some(frame), name: row.label.clone(), parts: Vec::new() };
            value_rows(&ground, &opened, row, path, 0, &mut rows);
        }
    } else {
        let frame = state.selected_frame();
        rows.extend(frame.iter().flat_map(|frame| &frame.variables).map(|variable| {
            html! {
                <li class="values__row" role="treeitem" key={variable.name.clone()}>
                    <span class="values__name">{ &variable.name }</span>
                    <code class="values__text" title={variable.value.clone()}>{ &variable.value }</code>
                </li>
            }
        }));
    }
    html! {
        <div data-testid="locals">
            if rows.is_empty() {
                { empty("No variables here.") }
            } else {
                <ul class="values" role="tree" aria-label="Variables of the selected frame">{ for rows }</ul>
            }
        </div>
    }
}

fn value_rows(
    ground: &Ground,
    opened: &Opened,
    row: &ValueRow,
    path: ValuePath,
    depth: usize,
    out: &mut Vec<Html>,
) {
    let parts = opened.parts.get(&path);
    out.push(html! { <Row key={format!("{path:?}")} ground={Held(ground.clone())} row={row.clone()} path={path.clone()} {depth} open={parts.is_some()} /> });
    let Some((rows, total)) = parts else { return };
    for (index, part) in rows.iter().enumerate() {
        let mut inner = path.clone();
        inner.parts.push(index as u32);
        value_rows(ground, opened, part, inner, depth + 1, out);
    }
    let shown = rows.len() as u32;
    if shown < *total {
        let (ground, asked) = (ground.clone(), path.clone());
        let onclick = Callback::from(move |_: MouseEvent| ground.ask_parts(asked.clone(), shown));
        out.push(html! {
            <li class={classes!("values__row", format!("values__row--{}", (depth + 1).min(8)))} key={format!("{path:?} more")}>
                <button class="values__more" {onclick}>{ format!("{} more", total - shown) }</button>
            </li>
        });
    }
}

/// A [`Ground`] as a property: what it does is the same however often it is made.
#[derive(Clone)]
struct Held(Ground);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.0.actor == other.0.actor && self.0.frame == other.0.frame && self.0.world == other.0.world
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    ground: Held,
    row: ValueRow,
    path: ValuePath,
    depth: usize,
    open: bool,
}

/// One value: opened by its arrow or by Enter, changed by a press on the text.
#[component]
fn Row(props: &RowProps) -> Html {
    let editing = use_state_eq(|| false);
    let RowProps { ground: Held(ground), row, path, depth, open } = props;
    let toggle = {
        let (ground, path, open) = (ground.clone(), path.clone(), *open);
        Callback::from(move |_: MouseEvent| match open {
            true => ground.opened.dispatch(Change::Close(path.clone())),
            false => ground.ask_parts(path.clone(), 0),
        })
    };
    let watch = {
        let (ground, path) = (ground.clone(), path.clone());
        Callback::from(move |_: MouseEvent| ground.watch(&path))
    };
    let is_variable = path.parts.is_empty();
    let edit = {
        let editing = editing.setter();
        Callback::from(move |_: MouseEvent| editing.set(true))
    };
    let onkeydown = {
        let (ground, name, editing) = (ground.clone(), row.label.clone(), editing.setter());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                    ground.set(&name, &input.value());
                }
                editing.set(false);
            }
            "Escape" => editing.set(false),
            _ => {}
        })
    };
    let onblur = {
        let editing = editing.setter();
        Callback::from(move |_: FocusEvent| editing.set(false))
    };
    html! {
        <li class={classes!("values__row", format!("values__row--{}", (*depth).min(8)))} role="treeitem" aria-level={(depth + 1).to_string()} aria-expanded={(row.parts > 0).then(|| open.to_string())}>
            if row.parts > 0 {
                <button class="values__open" onclick={toggle} aria-label={format!("{} {}", if *open { "Close" } else { "Open" }, row.label)}>{ if *open { "▾" } else { "▸" } }</button>
            } else {
                <span class="values__open"></span>
            }
            <span class="values__name">{ &row.label }</span>
            if *editing {
                <input class="values__field" value={row.text.clone()} aria-label={format!("New value of {}", row.label)} autofocus=true {onkeydown} {onblur} />
            } else if is_variable {
                <button class="values__text" title={format!("{} ({}). Press to change", row.text, row.kind)} onclick={edit}>{ &row.text }</button>
            } else {
                <code class="values__text" title={format!("{} ({})", row.text, row.kind)}>{ &row.text }</code>
            }
            <button class="values__watch" onclick={watch} title="Stop when it changes" aria-label={format!("Stop when {} changes", row.label)}>{ "Watch" }</button>
        </li>
    }
}
