//! The question whether a program may do something: the actor waits for the answer, everything else goes on.
//!
//! 1. Closing the dialog is a no. Questions come one after the other.

use protocol::{Command, FILE_READ, FILE_WRITE, Permission, PermissionQuestion};
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::format;
use crate::hooks::use_world;
use crate::state::Action;

/// The dialog, while there is a question.
#[component]
pub fn PermissionDialog() -> Html {
    let world = use_world();
    match world.state.questions.first() {
        Some(question) => html! { <Question key={question.id} question={question.clone()} /> },
        None => html! {},
    }
}

#[derive(Properties, PartialEq)]
struct QuestionProps {
    question: PermissionQuestion,
}

#[component]
fn Question(props: &QuestionProps) -> Html {
    let world = use_world();
    let question = &props.question;
    let id = question.id;
    let node = use_node_ref();
    let opened = node.clone();
    use_effect_with((), move |()| {
        let dialog = opened.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // Fails only when the dialog is open already.
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    let answer = |permission: Permission| {
        let world = world.clone();
        Callback::from(move |_: MouseEvent| {
            world.engine.send(&Command::AnswerPermission { id, permission: permission.clone() });
            world.dispatch(Action::Decided(id));
        })
    };
    let oncancel = {
        let world = world.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            world.engine.send(&Command::AnswerPermission { id, permission: Permission::Denied });
            world.dispatch(Action::Decided(id));
        })
    };
    let actor = format::actor_name(world.state.row(question.actor), question.actor);
    let scope = &question.scope;
    let (wants, all) = match question.kind.as_str() {
        FILE_READ => ("read", "Allow reading all files for this run"),
        FILE_WRITE => ("change", "Allow changing all files for this run"),
        _ => ("use", "Allow all of this kind for this run"),
    };
    let more = world.state.questions.len() - 1;
    html! {
        <dialog class="modal" ref={node} data-testid="permission" aria-label="A program asks for permission" {oncancel}>
            <div class="modal__box">
                <h2 class="modal__title">{ format!("{actor} wants to {wants} ") }<code>{ scope }</code></h2>
                <p class="modal__text">
                    { "It called " }<code>{ &question.operation }</code>
                    { for question.location.iter().map(|at| html! { { format!(" at {}:{}", at.file, at.line) } }) }
                    { ". Files of programs stay in this browser; the view Files shows them." }
                </p>
                if !question.reason.is_empty() { <p class="modal__text">{ format!("It says: {}", question.reason) }</p> }
                <div class="permission__answers">
                    <button class="control control--main" data-testid="permission-once" onclick={answer(Permission::Once)}>{ "Allow once" }</button>
                    <button class="control" data-testid="permission-run" onclick={answer(Permission::ForRun { scope: scope.clone() })}>
                        { "Allow for this run" }
                    </button>
                    <button class="control" data-testid="permission-all" onclick={answer(Permission::ForRun { scope: String::new() })}>{ all }</button>
                    <button class="control" data-testid="permission-deny" onclick={answer(Permission::Denied)}>{ "Deny" }</button>
                </div>
                if more > 0 { <p class="quiet">{ format!("{more} more to decide") }</p> }
            </div>
        </dialog>
    }
}
