//! Breakpoints: where they are, how often they were met, and what is to happen there.

use protocol::{Breakpoint, BreakpointAt};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::empty;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;
use crate::text;

/// What an event is called in the list of places to stop.
fn event_name(event: &BreakpointAt) -> String {
    let name = match event {
        BreakpointAt::Send => "a message is sent",
        BreakpointAt::Receive => "a message is taken",
        BreakpointAt::Spawn => "an actor is made",
        BreakpointAt::Exit => "an actor ends",
        BreakpointAt::Raise => "anything is raised",
        BreakpointAt::Uncaught => "an error is not handled",
        BreakpointAt::Capability => "a capability is used",
        BreakpointAt::Collection => "a heap was collected",
        place => return place.text(),
    };
    name.to_owned()
}

/// The list of breakpoints.
#[component]
pub fn Breakpoints() -> Html {
    let world = use_world();
    let points = &world.state.breakpoints;
    html! {
        <div data-testid="breakpoints">
            if points.is_empty() { { empty("None. Click a line number in the editor, or press F9 on a line.") } }
            <ul class="breakpoints">
                { for points.iter().enumerate().map(|(index, point)| html! { <Point key={point.at.text()} {index} point={point.clone()} /> }) }
            </ul>
            <Adding />
        </div>
    }
}

/// Adds what is no line.
#[component]
fn Adding() -> Html {
    let world = use_world();
    let add = {
        let world = world.clone();
        move |at: BreakpointAt| {
            let mut all = (*world.state.breakpoints).clone();
            if all.iter().all(|known| known.at != at) {
                all.push(Breakpoint::new(at));
                world.dispatch(Action::SetBreakpoints(all));
            }
        }
    };
    let onchange = {
        let add = add.clone();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            if let Some(at) = BreakpointAt::parse(&select.value()) {
                add(at);
            }
            select.set_value("");
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>().filter(|_| event.key() == "Enter")
        else {
            return;
        };
        let name = input.value().trim().to_owned();
        if !name.is_empty() {
            add(BreakpointAt::parse(&name).unwrap_or(BreakpointAt::Procedure(name)));
            input.set_value("");
        }
    });
    html! {
        <div class="breakpoints__add">
            <select class="breakpoints__select" data-testid="breakpoint-event" aria-label="Stop when" {onchange}>
                <option value="" selected=true>{ "Stop when …" }</option>
                { for BreakpointAt::EVENTS.iter().map(|event| html! { <option value={event.text()}>{ event_name(event) }</option> }) }
            </select>
            <input class="breakpoints__field" data-testid="breakpoint-procedure" placeholder="a procedure's name" aria-label="Stop where this procedure begins" spellcheck="false" autocapitalize="off" {onkeydown} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct PointProps {
    index: usize,
    point: Breakpoint,
}

#[component]
fn Point(props: &PointProps) -> Html {
    let world = use_world();
    let open = use_state_eq(|| false);
    let (state, point) = (&world.state, &props.point);
    let row = state.snapshot.breakpoints.get(props.index);
    let place = point.line();
    let status = match row {
        Some(row) if !row.bound => "no such code".to_owned(),
        Some(row) => {
            let hits = if row.hits == 1 {
                "1 hit".to_owned()
            } else {
                format!("{} hits", format::grouped(row.hits))
            };
            match (row.line, place) {
                (Some(line), Some((_, wanted))) if line != wanted => format!("{hits}, on line {line}"),
                _ => hits,
            }
        }
        None => "set at the next run".to_owned(),
    };
    let source = place.and_then(|(name, line)| {
        let file = state.files.iter().find(|file| file.name == name)?;
        Some(text::line(&file.text, line))
    });
    let reveal = place.map(|(file, line)| {
        let (world, file) = (world.clone(), file.to_owned());
        Callback::from(move |_: MouseEvent| world.reveal(&file, line))
    });
    let toggle = change(&world, point, |all, index| all[index].enabled = !all[index].enabled);
    let remove = change(&world, point, |all, index| drop(all.remove(index)));
    let unfold = {
        let (open, value) = (open.setter(), *open);
        Callback::from(move |_: MouseEvent| open.set(!value))
    };
    let name = event_name(&point.at);
    let is_edited = state.edited_point.as_ref().is_some_and(|(file, line)| place == Some((file, *line)));
    html! {
        <li class="breakpoints__item">
            <div class="breakpoints__row">
                <input type="checkbox" checked={point.enabled} onchange={toggle} aria-label={format!("Breakpoint at {name} stops")} />
                if let Some(reveal) = reveal {
                    <button class="breakpoints__place" onclick={reveal} title="Show the line">{ name }</button>
                } else {
                    <span class="breakpoints__place">{ name }</span>
                }
                <code class="breakpoints__source">{ source.unwrap_or_default().trim() }</code>
                <span class="quiet">{ status }</span>
                <button class="breakpoints__remove" onclick={unfold} aria-expanded={open.to_string()}>{ "Edit" }</button>
                <button class="breakpoints__remove" onclick={remove} aria-label="Remove the breakpoint">{ "Remove" }</button>
            </div>
            if *open || is_edited || !point.condition.is_empty() || !point.log.is_empty() || point.after > 0 {
                <div class="breakpoints__rules">
                    { field(&world, point, "only if", "(> n 2)", point.condition.clone(), |point, text| point.condition = text) }
                    { field(&world, point, "after so many times", "0", if point.after == 0 { String::new() } else { point.after.to_string() }, |point, text| point.after = text.trim().parse().unwrap_or(0)) }
                    { field(&world, point, "log instead of stopping", "n is {n}", point.log.clone(), |point, text| point.log = text) }
                </div>
            }
        </li>
    }
}

fn field(
    world: &World,
    point: &Breakpoint,
    name: &'static str,
    example: &'static str,
    value: String,
    set: impl Fn(&mut Breakpoint, String) + Clone + 'static,
) -> Html {
    let (world, at) = (world.clone(), point.at.clone());
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        let mut all = (*world.state.breakpoints).clone();
        if let Some(known) = all.iter_mut().find(|known| known.at == at) {
            set(known, input.value());
            world.dispatch(Action::SetBreakpoints(all));
        }
    });
    html! {
        <label class="breakpoints__rule">
            <span>{ name }</span>
            <input class="breakpoints__field" {value} placeholder={example} spellcheck="false" autocapitalize="off" {onchange} />
        </label>
    }
}

fn change<E>(
    world: &World,
    point: &Breakpoint,
    edit: impl Fn(&mut Vec<Breakpoint>, usize) + 'static,
) -> Callback<E> {
    let (world, at) = (world.clone(), point.at.clone());
    Callback::from(move |_: E| {
        let mut all = (*world.state.breakpoints).clone();
        if let Some(index) = all.iter().position(|one| one.at == at) {
            edit(&mut all, index);
            world.dispatch(Action::SetBreakpoints(all));
        }
    })
}
