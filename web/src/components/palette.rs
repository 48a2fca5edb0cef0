//! All commands with their keys: type to narrow, arrows to choose, Enter to do.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::dialog::Modal;
use crate::acts::{ACTS, Act, keys_text};
use crate::examples::{EXAMPLES, Example};
use crate::hooks::use_world;
use crate::open;
use crate::state::Action;

#[derive(Clone, Copy, PartialEq)]
enum Entry {
    Act(Act),
    Example(&'static Example),
}

/// The dialog.
#[component]
pub fn CommandPalette() -> Html {
    let world = use_world();
    let query = use_state_eq(String::new);
    let at = use_state_eq(|| 0usize);
    let field = use_node_ref();
    let focused = field.clone();
    use_effect_with((), move |()| {
        if let Some(input) = focused.cast::<HtmlInputElement>() {
            // An element of the page can be focused.
            let _ = input.focus();
        }
    });
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let fits = |name: &str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word.as_str()))
    };
    let acts =
        ACTS.iter().filter(|(act, name, _)| *act != Act::Palette && fits(name)).map(|(act, name, keys)| {
            (Entry::Act(*act), (*name).to_owned(), keys.map(keys_text).unwrap_or_default())
        });
    let examples =
        EXAMPLES.iter().map(|one| (Entry::Example(one), format!("Example: {}", one.title()), String::new()));
    let entries: Vec<_> = acts.chain(examples.filter(|(_, name, _)| fits(name))).collect();
    let chosen = (*at).min(entries.len().saturating_sub(1));
    let perform = {
        let world = world.clone();
        move |entry: Entry| {
            world.dispatch(Action::ShowDialog(None));
            match entry {
                Entry::Act(act) => world.perform(act),
                Entry::Example(example) => world.open(open::example(example)),
            }
        }
    };
    let oninput = {
        let (query, at) = (query.setter(), at.setter());
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                query.set(input.value());
                at.set(0);
            }
        })
    };
    let onkeydown = {
        let (at, perform) = (at.setter(), perform.clone());
        let current = entries.get(chosen).map(|entry| entry.0);
        let last = entries.len().saturating_sub(1);
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set((chosen + 1).min(last)),
                "ArrowUp" => at.set(chosen.saturating_sub(1)),
                "Enter" => {
                    if let Some(entry) = current {
                        perform(entry);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <Modal title="Commands" testid="palette-dialog">
            <input
                ref={field}
                class="palette__field"
                type="text"
                placeholder="Type a command or an example"
                aria-label="Command"
                aria-controls="palette-list"
                aria-activedescendant={format!("palette-{chosen}")}
                role="combobox"
                aria-expanded="true"
                autocomplete="off"
                {oninput}
                {onkeydown}
            />
            <ul class="palette" id="palette-list" role="listbox" aria-label="Commands">
                { for entries.into_iter().enumerate().map(|(index, (entry, name, keys))| {
                    let perform = perform.clone();
                    html! {
                        <li
                            id={format!("palette-{index}")}
                            class={classes!("palette__entry", (index == chosen).then_some("palette__entry--chosen"))}
                            role="option"
                            aria-selected={(index == chosen).to_string()}
                            onclick={Callback::from(move |_: MouseEvent| perform(entry))}
                        >
                            <span>{ name }</span>
                            if !keys.is_empty() { <kbd>{ keys }</kbd> }
                        </li>
                    }
                }) }
            </ul>
        </Modal>
    }
}
