//! Files of programs, kept in this browser, and what programs were allowed to do in this run.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::empty;
use crate::download::save_file;
use crate::format;
use crate::hooks::{World, use_world};
use crate::state::Action;

/// Decisions that are listed.
const LISTED: usize = 100;

/// The view.
#[component]
pub fn FilesView() -> Html {
    let world = use_world();
    let outside = world.engine.outside();
    let files = outside.list();
    let (used, room) = outside.usage();
    let kept = if outside.is_kept() { "kept in this browser" } else { "kept until this page is closed" };
    let audit = &world.state.audit;
    let hidden = world.state.audit_dropped + audit.len().saturating_sub(LISTED) as u64;
    html! {
        <div class="files" data-testid="files">
            <div class="files__head">
                <span class="quiet">{ format!("{} of {}, {kept}", format::bytes(used as u64), format::bytes(room as u64)) }</span>
                <label class="files__add">
                    { "Add files" }
                    <input class="visually-hidden" type="file" multiple=true data-testid="files-add" onchange={add(&world)} />
                </label>
            </div>
            if files.is_empty() { { empty("No files yet. A program that writes one, or Add files, puts them here.") } }
            <ul class="files__list">
                { for files.into_iter().map(|(path, bytes)| row(&world, path, bytes)) }
            </ul>
            if !audit.is_empty() {
                <h2 class="files__title">{ "What programs did outside, or were refused" }</h2>
                <ol class="files__audit" data-testid="audit">
                    { for audit.iter().rev().take(LISTED).map(|entry| html! {
                        <li class={format!("files__decision files__decision--{}", entry.decision.word())}>
                            { world.link(entry.actor) }
                            <code>{ &entry.operation }</code>
                            <span class="files__scope">{ format!("{} {}", entry.kind, entry.scope) }</span>
                            <span>{ entry.decision.word() }</span>
                            if entry.count > 1 { <span class="quiet">{ format!("{} times", entry.count) }</span> }
                        </li>
                    }) }
                </ol>
                if hidden > 0 { <p class="more">{ format!("{} more", format::grouped(hidden)) }</p> }
            }
        </div>
    }
}

fn row(world: &World, path: String, bytes: usize) -> Html {
    let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
    let download = {
        let (world, path, name) = (world.clone(), path.clone(), name.clone());
        Callback::from(move |_: MouseEvent| {
            let contents = world.engine.outside().read(&path);
            if let Some(contents) = contents {
                save_file(&name, "application/octet-stream", &Uint8Array::from(&contents[..]).into());
            }
        })
    };
    let delete = {
        let (world, path) = (world.clone(), path.clone());
        Callback::from(move |_: MouseEvent| world.engine.outside().delete(&path))
    };
    html! {
        <li class="files__row" key={path.clone()}>
            <code class="files__path">{ &path }</code>
            <span class="quiet">{ format::bytes(bytes as u64) }</span>
            <button class="repl__button" onclick={download} aria-label={format!("Download {name}")}>{ "Download" }</button>
            <button class="repl__button" onclick={delete} aria-label={format!("Delete {name}")}>{ "Delete" }</button>
        </li>
    }
}

/// Puts chosen files of the person's disk among the files of programs.
fn add(world: &World) -> Callback<Event> {
    let world = world.clone();
    Callback::from(move |event: Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let Some(list) = input.files() else { return };
        for file in (0..list.length()).filter_map(|index| list.get(index)) {
            let world = world.clone();
            spawn_local(async move {
                match JsFuture::from(file.array_buffer()).await {
                    Ok(buffer) => {
                        let contents = Uint8Array::new(&buffer).to_vec();
                        world.engine.outside().write(&format!("/{}", file.name()), &contents);
                    }
                    Err(_) => {
                        let problem = format!("{} cannot be read", file.name());
                        world.dispatch(Action::FilesChanged(Some(problem)));
                    }
                }
            });
        }
        input.set_value("");
    })
}
