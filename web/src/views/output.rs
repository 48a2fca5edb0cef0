//! What actors wrote, and the value of the run.

use std::rc::Rc;

use protocol::{ActorNumber, RunStatus};
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::acts::Act;
use crate::components::{Glyph, Icon, Swatch};
use crate::format;
use crate::hooks::{use_latest, use_world};
use crate::output::{self, Block};

/// Pixels from the end within which the view follows what is written.
const FOLLOW: i32 = 40;

/// The value of a program that ends with a definition or a write; not worth showing.
const UNSPECIFIED: &str = "#<unspecified>";

/// Properties of [`Output`].
#[derive(Properties, PartialEq)]
pub struct OutputProps {
    /// Another view is in sight; the text stays in the document.
    pub hidden: bool,
}

/// The view.
#[component]
pub fn Output(props: &OutputProps) -> Html {
    let world = use_world();
    let output = world.state.output.clone();
    let node = use_node_ref();
    let follow = use_mut_ref(|| true);
    let (scrolled, following) = (node.clone(), follow.clone());
    use_effect_with(output.clone(), move |_| {
        if let Some(element) = scrolled.cast::<HtmlElement>()
            && *following.borrow()
        {
            element.set_scroll_top(element.scroll_height());
        }
    });
    let onscroll = {
        let node = node.clone();
        Callback::from(move |_: Event| {
            if let Some(element) = node.cast::<HtmlElement>() {
                let rest = element.scroll_height() - element.scroll_top() - element.client_height();
                *follow.borrow_mut() = rest <= FOLLOW;
            }
        })
    };
    html! {
        <div class={classes!("output", props.hidden.then_some("output--hidden"))}>
            if output.let_go() > 0 {
                <p class="more">{ format!("{} earlier writes are no longer shown", format::grouped(output.let_go().into())) }</p>
            }
            <div class="output__scroll" ref={node} {onscroll}>
                <Text output={output.clone()} />
                { ending(&world.state.status, output.is_empty()) }
            </div>
            if !output.is_empty() {
                <button class="output__clear" onclick={world.act(Act::ClearOutput)} title={Act::ClearOutput.tooltip()} aria-label="Clear the output"><Icon glyph={Glyph::Close} /></button>
            }
        </div>
    }
}

fn ending(status: &RunStatus, silent: bool) -> Html {
    match status {
        RunStatus::Ended { result: Ok(value) } if value == UNSPECIFIED => html! {
            <p class="output__ending quiet" data-testid="result">{ "Done." }</p>
        },
        RunStatus::Ended { result: Ok(value) } => html! {
            <p class="output__ending" data-testid="result"><span class="quiet">{ "⇒ " }</span><code>{ value }</code></p>
        },
        RunStatus::Ended { result: Err(error) } => html! {
            <p class="output__ending output__ending--error" data-testid="result">{ error }</p>
        },
        RunStatus::Deadlock { waiting } => html! {
            <p class="output__ending output__ending--error">
                { format!("Deadlock: {} actors wait and nothing is pending.", waiting.len()) }
            </p>
        },
        RunStatus::Stopped => {
            html! { <p class="output__ending quiet">{ "Stopped. The state can be looked at." }</p> }
        }
        RunStatus::Idle if silent => html! {
            <p class="empty">{ "Press Run (Ctrl+Enter). What the program writes appears here." }</p>
        },
        _ => html! {},
    }
}

#[derive(Properties, PartialEq)]
struct TextProps {
    output: Rc<output::Output>,
}

/// All that was written; drawn again only when there is more.
#[component]
fn Text(props: &TextProps) -> Html {
    let marks = props.output.several_actors();
    html! {
        <pre class="output__text" data-testid="output" tabindex="0" aria-label="Output">
            { for props.output.blocks().map(|block| html! { <Write key={block.serial} block={block.clone()} {marks} /> }) }
        </pre>
    }
}

#[derive(Properties, PartialEq)]
struct WriteProps {
    block: Rc<Block>,
    marks: bool,
}

/// One block: a mark in front of a line tells who wrote it.
#[component]
fn Write(props: &WriteProps) -> Html {
    let block = &props.block;
    let actor = block.actor;
    let mark = props.marks && block.at_line_start;
    html! {
        <span class="output__write" data-actor={actor.0.to_string()}>
            if mark { <Mark {actor} /> }
            { &block.text }
        </span>
    }
}

#[derive(Properties, PartialEq)]
struct MarkProps {
    actor: ActorNumber,
}

#[component]
fn Mark(props: &MarkProps) -> Html {
    let latest = use_latest();
    let actor = props.actor;
    let title = format!("Written by actor {}", actor.0);
    html! {
        <button class="output__mark" title={title.clone()} aria-label={title} onclick={Callback::from(move |_: MouseEvent| latest.select(actor))}>
            <Swatch {actor} />
        </button>
    }
}
