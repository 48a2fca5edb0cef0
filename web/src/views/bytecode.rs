//! Bytecode of the selected actor's current procedure, beside its source.

use yew::prelude::*;

use super::empty;
use crate::components::Legend;
use crate::hooks::use_world;
use crate::text;

/// The view.
#[component]
pub fn Bytecode() -> Html {
    let world = use_world();
    let state = &world.state;
    let detail = state.snapshot.selected.as_ref().filter(|detail| Some(detail.row.actor) == state.selected);
    let listing = detail.and_then(|detail| Some((detail, detail.bytecode.as_ref()?)));
    let current = use_node_ref();
    let scrolled = current.clone();
    let place = listing
        .and_then(|(detail, listing)| Some((detail.row.actor, listing.procedure.clone(), listing.current?)));
    use_effect_with(place, move |_| {
        if let Some(row) = scrolled.cast::<web_sys::Element>() {
            row.scroll_into_view_with_bool(false);
        }
    });
    html! {
        <div class="bytecode" data-testid="bytecode">
            <Legend
                text="What the compiler made of the procedure that the selected actor is in."
                more="A stack machine: most instructions pop their operands and push their result. Calls and backward jumps cost a \
                      reduction. Point at an instruction, or press it, to read what it does; the marked one is next."
            />
            if let Some((detail, listing)) = listing {
                <div class="bytecode__head">
                    { world.link(detail.row.actor) }
                    <code>{ if listing.procedure.is_empty() { "(anonymous)" } else { &listing.procedure } }</code>
                </div>
                <div class="table-scroll">
                    <table class="table table--code">
                        <thead><tr><th class="table__number">{ "Offset" }</th><th>{ "Instruction" }</th><th class="table__number">{ "Line" }</th><th>{ "Source" }</th></tr></thead>
                        <tbody>
                            { for listing.lines.iter().enumerate().map(|(index, line)| {
                                let here = listing.current == Some(index as u32);
                                let first = index == 0 || listing.lines[index - 1].line != line.line;
                                let source = if first && line.line > 0 { state.files.first().map_or("", |file| text::line(&file.text, line.line)) } else { "" };
                                html! {
                                    <tr key={index} class={classes!(here.then_some("bytecode__here"))} ref={if here { current.clone() } else { NodeRef::default() }}>
                                        <td class="table__number">{ if here { "▶ " } else { "" } }{ line.offset }</td>
                                        <td title={line.about.clone()}><details class="bytecode__about"><summary>{ &line.text }</summary>{ &line.about }</details></td>
                                        <td class="table__number">{ if first && line.line > 0 { line.line.to_string() } else { String::new() } }</td>
                                        <td class="bytecode__source">{ source.trim() }</td>
                                    </tr>
                                }
                            }) }
                        </tbody>
                    </table>
                </div>
            } else {
                { empty("No code to show. Press Run or Step into, and select an actor.") }
            }
        </div>
    }
}
