//! Breakpoints, the stack of the selected actor, and the variables of the selected frame.

use protocol::Breakpoint;
use yew::prelude::*;

use super::empty;
use crate::components::Legend;
use crate::format;
use crate::hooks::use_world;
use crate::state::Action;
use crate::text;

/// The view.
#[component]
pub fn Debugger() -> Html {
    html! {
        <div class="debugger">
            <Legend
                text="Where the selected actor stands, and with which values."
                more="Click a line number to set a breakpoint. When an actor reaches it, every actor stands still and virtual time \
                      stops, so that no timeout fires while you look. Step into enters calls, over runs them, out finishes the frame."
            />
            <div class="debugger__columns">
                <div class="debugger__column">
                    <h3 class="view__sub">{ "Stack" }</h3>
                    <Frames />
                </div>
                <div class="debugger__column">
                    <h3 class="view__sub">{ "Variables" }</h3>
                    <Locals />
                    <h3 class="view__sub">{ "Breakpoints" }</h3>
                    <Breakpoints />
                </div>
            </div>
        </div>
    }
}

#[component]
fn Frames() -> Html {
    let world = use_world();
    let state = &world.state;
    let detail = state.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == state.selected);
    html! {
        <div data-testid="frames">
            if let Some(detail) = detail {
                <div class="debugger__head">
                    { world.link(detail.row.actor) }
                    <span class="quiet">{ format::actor_state(detail.row.state).0 }</span>
                    if let Some(reason) = &detail.exit_reason { <span class="debugger__reason">{ reason }</span> }
                </div>
                <ol class="frames">
                    { for detail.frames.iter().enumerate().map(|(index, frame)| {
                        let chosen = index == state.frame;
                        let name = if frame.procedure.is_empty() { "(anonymous)" } else { &frame.procedure };
                        let place = frame.location.as_ref().map(|place| (place.file.clone(), place.line));
                        let onclick = {
                            let (world, place) = (world.clone(), place.clone());
                            Callback::from(move |_: MouseEvent| {
                                world.dispatch(Action::SelectFrame(index));
                                if let Some((file, line)) = &place {
                                    world.reveal(file, *line);
                                }
                            })
                        };
                        html! {
                            <li key={index}>
                                <button class={classes!("frames__frame", chosen.then_some("frames__frame--chosen"))} aria-pressed={chosen.to_string()} {onclick}>
                                    <span class="frames__name">{ name.to_owned() }</span>
                                    <span class="frames__place">{ place.map(|(file, line)| format!("{file}:{line}")).unwrap_or_default() }</span>
                                </button>
                            </li>
                        }
                    }) }
                </ol>
                if detail.frames_more > 0 { <p class="more">{ format!("{} more", format::grouped(detail.frames_more.into())) }</p> }
                if detail.frames.is_empty() { { empty("No frame: it has not begun or has ended.") } }
            } else {
                { empty("Set a breakpoint and press Run, or press Step into to begin at the first line.") }
            }
        </div>
    }
}

#[component]
fn Locals() -> Html {
    let world = use_world();
    let variables = world.state.selected_frame().map(|frame| frame.variables.clone()).unwrap_or_default();
    html! {
        <div data-testid="locals">
            if variables.is_empty() {
                { empty("No variables here.") }
            } else {
                <table class="table">
                    <caption class="visually-hidden">{ "Variables of the selected frame" }</caption>
                    <tbody>
                        { for variables.iter().map(|variable| html! {
                            <tr>
                                <th class="table__code" scope="row">
                                    { &variable.name }
                                    if variable.captured { <span class="quiet" title="Belongs to the closure">{ " captured" }</span> }
                                </th>
                                <td class="table__code" title={variable.value.clone()}>{ &variable.value }</td>
                            </tr>
                        }) }
                    </tbody>
                </table>
            }
        </div>
    }
}

#[component]
fn Breakpoints() -> Html {
    let world = use_world();
    let state = &world.state;
    let rows = state.breakpoints.iter().map(|point| {
        let row = state.snapshot.breakpoints.iter().find(|row| row.file == point.file && row.line == point.line);
        let source = state.files.iter().find(|file| file.name == point.file).map_or("", |file| text::line(&file.text, point.line));
        let toggle = change(&world, point, |all, index| all[index].enabled = !all[index].enabled);
        let remove = change(&world, point, |all, index| drop(all.remove(index)));
        let reveal = {
            let (world, file, line) = (world.clone(), point.file.clone(), point.line);
            Callback::from(move |_: MouseEvent| world.reveal(&file, line))
        };
        let status = match row {
            Some(row) if !row.bound => "no code at this line".to_owned(),
            Some(row) if row.hits == 1 => "1 hit".to_owned(),
            Some(row) => format!("{} hits", format::grouped(row.hits)),
            None => "set at the next run".to_owned(),
        };
        html! {
            <li class="breakpoints__row" key={format!("{}:{}", point.file, point.line)}>
                <input type="checkbox" checked={point.enabled} onchange={toggle} aria-label={format!("Breakpoint at {} line {} stops", point.file, point.line)} />
                <button class="breakpoints__place" onclick={reveal} title="Show the line">{ format!("{}:{}", point.file, point.line) }</button>
                <code class="breakpoints__source">{ source.trim() }</code>
                <span class="quiet">{ status }</span>
                <button class="breakpoints__remove" onclick={remove} aria-label="Remove the breakpoint">{ "Remove" }</button>
            </li>
        }
    });
    let rows: Vec<Html> = rows.collect();
    html! {
        <div data-testid="breakpoints">
            if rows.is_empty() { { empty("None. Click a line number in the editor, or press F9 on a line.") } }
            <ul class="breakpoints">{ for rows }</ul>
        </div>
    }
}

fn change<E>(
    world: &crate::hooks::World,
    point: &Breakpoint,
    edit: impl Fn(&mut Vec<Breakpoint>, usize) + 'static,
) -> Callback<E> {
    let (world, point) = (world.clone(), point.clone());
    Callback::from(move |_: E| {
        let mut all = (*world.state.breakpoints).clone();
        if let Some(index) = all.iter().position(|one| one.file == point.file && one.line == point.line) {
            edit(&mut all, index);
            world.dispatch(Action::SetBreakpoints(all));
        }
    })
}
