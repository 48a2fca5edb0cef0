//! Draws the words of a heap with WebGL 2: one texture of bytes, and a fragment shader that finds for each pixel the words
//! under it.
//!
//! 1. What is drawn does not depend on the number of objects, only on the number of pixels; a new picture is one upload.
//! 2. A context that cannot be had, that has no graphics card behind it or that was lost is told, and the caller draws by
//!    itself (`heap_flat`).

use wasm_bindgen::JsCast;
use web_sys::{
    HtmlCanvasElement, WebGl2RenderingContext as Gl, WebGlProgram, WebGlTexture, WebGlUniformLocation,
};

use super::heap_cells::{COLOURS, TEXEL_COLUMNS, TEXEL_COLUMNS_LOG, Texels};
use super::heap_strips::{Marks, Strip};

const VERTEX: &str = "#version 300 es
void main(){gl_Position=vec4(gl_VertexID==1?3.:-1.,gl_VertexID==2?3.:-1.,0,1);}";

/// `shape`: first word of the strip, its words, columns, words in a byte; `place`: left end, top, width of a word, height
/// of a row, in pixels from the left top; `marks`: words from and to of two objects; `screen`: its height, and pixels to one of
/// the page's. Two samples where words are narrower than pixels: the processor may have to do all this.
const FRAGMENT: &str = "#version 300 es
precision highp float;precision highp int;precision highp usampler2D;
uniform usampler2D cells;uniform vec3 colours[16];uniform vec3 surface,accent,line;
uniform ivec4 shape,marks;uniform vec4 place;uniform vec2 screen;
out vec4 colour;
uint at(ivec2 p,out int i){i=p.y*shape.z+p.x;
if(p.x<0||p.x>=shape.z||i<0||i>=shape.y)return 0u;
int t=(shape.x+i)>>shape.w;return texelFetch(cells,ivec2(t&LAST,t>>LOG),0).r;}
vec3 shade(vec2 q,bool hatched){ivec2 c=ivec2(floor(q));int i;uint b=at(c,i),k=b&15u;
vec3 v=k==1u&&hatched?line:colours[k];
if((b&16u)!=0u)v=mix(v,surface,.6);
if(i>=marks.x&&i<marks.y)v=mix(v,accent,.75);else if(i>=marks.z&&i<marks.w)v=mix(v,accent,.35);
if(place.w>=5.*screen.y){vec2 f=(q-floor(q))*place.zw;
if((place.z>=2.*screen.y&&(b&128u)!=0u&&f.x<screen.y)||f.y<screen.y)v=mix(v,surface,k==0u?0.:.8);}
return v;}
void main(){vec2 p=vec2(gl_FragCoord.x,screen.x-gl_FragCoord.y),q=(p-place.xy)/place.zw;
bool hatched=mod(p.x+p.y,6.*screen.y)<1.5*screen.y;
if(place.z>=1.)colour=vec4(shade(q,hatched),1);
else{vec2 d=vec2(.25/place.z,place.w<1.?.25/place.w:0.);
colour=vec4(.5*(shade(q-d,hatched)+shade(q+d,hatched)),1);}}";

/// Where the shader's parameters are.
struct Uniforms {
    colours: Option<WebGlUniformLocation>,
    surface: Option<WebGlUniformLocation>,
    accent: Option<WebGlUniformLocation>,
    line: Option<WebGlUniformLocation>,
    shape: Option<WebGlUniformLocation>,
    marks: Option<WebGlUniformLocation>,
    place: Option<WebGlUniformLocation>,
    screen: Option<WebGlUniformLocation>,
}

/// A canvas with the shader in place.
pub struct HeapGl {
    gl: Gl,
    uniforms: Uniforms,
    _program: WebGlProgram,
    _texture: WebGlTexture,
}

/// Colours of one drawing.
pub struct Inks {
    /// By colour number.
    pub colours: [[u8; 3]; COLOURS],
    /// Behind everything.
    pub surface: [u8; 3],
    /// The hatching of free words.
    pub line: [u8; 3],
    /// What is chosen.
    pub accent: [u8; 3],
}

impl HeapGl {
    /// Readies a canvas; `None` if WebGL 2 cannot be had.
    pub fn new(canvas: &HtmlCanvasElement) -> Option<HeapGl> {
        let options = js_sys::Object::new();
        // Where the processor would do the shader's work, `heap_flat` is twice as fast.
        for (name, value) in
            [("antialias", false), ("depth", false), ("alpha", false), ("failIfMajorPerformanceCaveat", true)]
        {
            js_sys::Reflect::set(&options, &name.into(), &value.into()).ok()?;
        }
        let gl = canvas.get_context_with_context_options("webgl2", &options).ok()??.dyn_into::<Gl>().ok()?;
        let program = gl.create_program()?;
        let fragment = FRAGMENT
            .replace("LAST", &(TEXEL_COLUMNS - 1).to_string())
            .replace("LOG", &TEXEL_COLUMNS_LOG.to_string());
        for (kind, source) in [(Gl::VERTEX_SHADER, VERTEX), (Gl::FRAGMENT_SHADER, &fragment)] {
            let shader = gl.create_shader(kind)?;
            gl.shader_source(&shader, source);
            gl.compile_shader(&shader);
            gl.attach_shader(&program, &shader);
        }
        gl.link_program(&program);
        let linked = gl.get_program_parameter(&program, Gl::LINK_STATUS).is_truthy();
        let texture = gl.create_texture()?;
        if !linked {
            return None;
        }
        gl.use_program(Some(&program));
        gl.bind_texture(Gl::TEXTURE_2D, Some(&texture));
        for (name, value) in [
            (Gl::TEXTURE_MIN_FILTER, Gl::NEAREST),
            (Gl::TEXTURE_MAG_FILTER, Gl::NEAREST),
            (Gl::TEXTURE_WRAP_S, Gl::CLAMP_TO_EDGE),
            (Gl::TEXTURE_WRAP_T, Gl::CLAMP_TO_EDGE),
        ] {
            gl.tex_parameteri(Gl::TEXTURE_2D, name, value as i32);
        }
        gl.enable(Gl::SCISSOR_TEST);
        let at = |name| gl.get_uniform_location(&program, name);
        let uniforms = Uniforms {
            colours: at("colours"),
            surface: at("surface"),
            accent: at("accent"),
            line: at("line"),
            shape: at("shape"),
            marks: at("marks"),
            place: at("place"),
            screen: at("screen"),
        };
        Some(HeapGl { gl, uniforms, _program: program, _texture: texture })
    }

    /// The context can no longer draw.
    pub fn is_lost(&self) -> bool {
        self.gl.is_context_lost()
    }

    /// Takes a new picture. False if the browser has no room for it.
    pub fn upload(&self, texels: &Texels) -> bool {
        let rows = texels.bytes.len() as u32 / TEXEL_COLUMNS;
        self.gl
            .tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_u8_array(
                Gl::TEXTURE_2D,
                0,
                Gl::R8UI as i32,
                TEXEL_COLUMNS as i32,
                rows as i32,
                0,
                Gl::RED_INTEGER,
                Gl::UNSIGNED_BYTE,
                Some(&texels.bytes),
            )
            .is_ok()
            && self.gl.get_error() == Gl::NO_ERROR
    }

    /// Draws; all in pixels of the canvas.
    pub fn draw(
        &self,
        size: (u32, u32),
        ratio: f64,
        shift: u32,
        strips: &[Strip],
        marks: &Marks,
        inks: &Inks,
    ) {
        let gl = &self.gl;
        let at = &self.uniforms;
        let ink = |ink: [u8; 3]| ink.map(|part| f32::from(part) / 255.0);
        let [red, green, blue] = ink(inks.surface);
        gl.viewport(0, 0, size.0 as i32, size.1 as i32);
        gl.scissor(0, 0, size.0 as i32, size.1 as i32);
        gl.clear_color(red, green, blue, 1.0);
        gl.clear(Gl::COLOR_BUFFER_BIT);
        let colours: Vec<f32> = inks.colours.iter().flat_map(|colour| ink(*colour)).collect();
        gl.uniform3fv_with_f32_array(at.colours.as_ref(), &colours);
        for (place, colour) in [(&at.surface, inks.surface), (&at.accent, inks.accent), (&at.line, inks.line)]
        {
            gl.uniform3fv_with_f32_array(place.as_ref(), &ink(colour));
        }
        gl.uniform2fv_with_f32_array(at.screen.as_ref(), &[size.1 as f32, ratio as f32]);
        for strip in strips {
            let marks: Vec<i32> = marks.iter().flat_map(|mark| strip.within(*mark)).collect();
            gl.uniform4iv_with_i32_array(at.marks.as_ref(), &marks);
            let shape = [strip.first as i32, strip.words as i32, strip.columns as i32, shift as i32];
            gl.uniform4iv_with_i32_array(at.shape.as_ref(), &shape);
            let place = [strip.x as f32, strip.y as f32, strip.word as f32, strip.row as f32];
            gl.uniform4fv_with_f32_array(at.place.as_ref(), &place);
            let (top, bottom) = (strip.top.round() as i32, strip.bottom.round() as i32);
            gl.scissor(0, size.1 as i32 - bottom, size.0 as i32, bottom - top);
            gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        }
    }
}
