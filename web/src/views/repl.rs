//! Questions to a live actor: expressions evaluated in its environment, whatever it does meanwhile. The selected actor
//! answers; when none is selected or it has ended, the main actor does.

use protocol::{ActorNumber, ActorState, Command, RunStatus};
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::empty;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;
use crate::text::is_complete;
use crate::view::ReplEntry;

/// Who answers when nobody is selected.
const MAIN: ActorNumber = ActorNumber(1);

/// The view.
#[component]
pub fn Repl() -> Html {
    let world = use_world();
    let field = use_node_ref();
    let list = use_node_ref();
    let back = use_state_eq(|| 0usize);
    let ended = |actor: ActorNumber| {
        let row = world.state.row(actor);
        row.is_some_and(|row| matches!(row.state, ActorState::Done | ActorState::Failed))
    };
    let actor = world.state.selected.filter(|actor| !ended(*actor)).unwrap_or(MAIN);
    // A stopped run is there to be looked at; it runs nothing more.
    let loaded = world.state.snapshot.actors_total > 0 && world.state.status != RunStatus::Stopped;

    let shown = list.clone();
    use_effect_with(world.state.repl.clone(), move |_| {
        if let Some(element) = shown.cast::<HtmlElement>() {
            element.set_scroll_top(element.scroll_height());
        }
    });
    let onkeydown = {
        let (world, field, back) = (world.clone(), field.clone(), back.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(area) = field.cast::<HtmlTextAreaElement>() else { return };
            let source = area.value();
            match event.key().as_str() {
                "Enter" if !event.shift_key() && is_complete(&source) => {
                    event.prevent_default();
                    if source.trim().is_empty() {
                        return;
                    }
                    let id = world.engine.next_id();
                    world.dispatch(Action::Asked {
                        id,
                        actor: loaded.then_some(actor),
                        source: source.clone(),
                    });
                    let settings = world.state.settings.clone();
                    world.engine.send(&if loaded {
                        // Where the actor stands still, its chosen frame's variables are seen.
                        let frame = world.state.is_paused().then_some(world.state.frame as u32);
                        let frame = frame.filter(|_| world.state.selected_frame().is_some());
                        Command::EvaluateInActor { id, actor, source, frame }
                    } else {
                        Command::Evaluate { id, source, settings }
                    });
                    area.set_value("");
                    back.set(0);
                }
                "ArrowUp" | "ArrowDown" if !source.contains('\n') => {
                    let count = world.state.repl.len();
                    let next = if event.key() == "ArrowUp" {
                        (*back + 1).min(count)
                    } else {
                        back.saturating_sub(1)
                    };
                    let earlier = count.checked_sub(next).and_then(|index| world.state.repl.get(index));
                    area.set_value(earlier.map_or("", |entry| &entry.source));
                    back.set(next);
                    event.prevent_default();
                }
                _ => {}
            }
        })
    };
    html! {
        <div class="repl" data-testid="repl">
            <div class="repl__list" ref={list} role="log" aria-label="Questions and answers">
                if world.state.repl.is_empty() {
                    { empty("Ask an actor: an expression is evaluated in the environment of the selected one, even while it runs or waits.") }
                }
                { for world.state.repl.iter().map(|one| entry(&world, one)) }
            </div>
            <div class="repl__ask">
                if loaded && actor != MAIN {
                    <button
                        class="repl__button"
                        data-testid="repl-main"
                        title="Ask the main actor instead"
                        onclick={world.on(|| Action::Select(Some(MAIN)))}
                    >
                        { "main" }
                    </button>
                }
                if loaded { <span data-testid="repl-actor">{ world.link(actor) }</span> } else { <span class="quiet">{ "fresh world" }</span> }
                <textarea
                    class="repl__field"
                    data-testid="repl-input"
                    ref={field}
                    rows="1"
                    spellcheck="false"
                    autocapitalize="off"
                    placeholder="(+ 1 2)   Enter asks, Shift+Enter makes a new line"
                    aria-label="Expression"
                    {onkeydown}
                />
            </div>
        </div>
    }
}

fn entry(world: &World, entry: &ReplEntry) -> Html {
    let id = entry.id;
    let other = entry.actor.filter(|actor| *actor != MAIN);
    html! {
        <div class="repl__entry" key={id}>
            if let Some(actor) = other { { world.link(actor) } }
            <pre class="repl__source">{ &entry.source }</pre>
            { match &entry.answer {
                None => html! {
                    <p class="quiet">
                        { if world.state.is_paused() { "answered when the run goes on " } else { "… " } }
                        if entry.actor.is_some() {
                            <button
                                class="repl__button"
                                data-testid="repl-give-up"
                                onclick={
                                    let engine = world.engine.clone();
                                    Callback::from(move |_: MouseEvent| engine.send(&Command::GiveUp { id }))
                                }
                            >
                                { "Give up" }
                            </button>
                        }
                    </p>
                },
                Some(Ok(answer)) => html! {
                    <>
                        if !answer.output.is_empty() { <pre class="repl__output">{ &answer.output }</pre> }
                        <pre class="repl__value" title={format::milliseconds(answer.milliseconds)}>{ &answer.value }</pre>
                    </>
                },
                Some(Err(error)) => html! { <pre class="repl__error">{ error }</pre> },
            } }
        </div>
    }
}
