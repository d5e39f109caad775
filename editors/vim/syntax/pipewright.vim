" Pipewright, a language for shell pipelines.
if exists('b:current_syntax')
  finish
endif
let s:save = &cpo
set cpo&vim
syntax case match

let s:keywords = ['let', 'fn', 'return', 'if', 'else', 'for', 'in', 'while', 'break', 'continue', 'match', 'try', 'catch', 'defer', 'on', 'with', 'each', 'spawn', 'use', 'fail', 'exec', 'time']
let s:builtins = ['[', 'cd', 'command', 'echo', 'exit', 'export', 'false', 'jobs', 'kill', 'printf', 'pwd', 'sleep', 'test', 'true', 'type', 'unset', 'wait']
let s:block_values = ['lines', 'json', 'bytes', 'capture', 'try', 'spawn']
let s:types = ['int', 'float', 'bool', 'str', 'path', 'list', 'map', 'duration', 'size']

" A name is a keyword or a builtin where a statement begins, and an argument elsewhere.
let s:start = '\%(\%(^\|[;|&(]\|[{}]\s\|\s!\s\)\s*\|\<\%(if\|while\|else\)\s\+\%(!\s\+\)\=\)\@80<='
let s:end = '\ze\%([[:space:];|&)<>]\|$\)'
let s:any = {list -> '\%(' . join(map(copy(list), {_, word -> escape(word, '[')}), '\|') . '\)'}

syntax cluster pipewrightInterpolation contains=pipewrightVariable,pipewrightPath,pipewrightExpression,pipewrightCapture
syntax cluster pipewrightString contains=pipewrightSingle,pipewrightDollarSingle,pipewrightDouble,pipewrightTriple
syntax cluster pipewrightValue contains=@pipewrightString,pipewrightComment,pipewrightCapture,pipewrightBlockValue,pipewrightNumber,pipewrightWordOperator,pipewrightConstant,pipewrightOperator,pipewrightCall,pipewrightParens,pipewrightBrackets,pipewrightMap
syntax cluster pipewrightCommand contains=TOP

" Expressions.
syntax match pipewrightNumber /\<\%(0x[0-9A-Fa-f_]\+\|0o[0-7_]\+\|0b[01_]\+\|\d[0-9_]*\%(\.\d[0-9_]*\)\=\%([eE][-+]\=\d\+\)\=\)\%(ms\|[smhdBKMGT]\)\=\>/ contained
syntax keyword pipewrightWordOperator and or not in contained
syntax keyword pipewrightConstant true false null env args contained
syntax match pipewrightOperator #=>\|[=!<>]=\|\.\.[=<]\|++\|\*\*\|//\|??\|[-+*/%<>?:=]# contained
syntax match pipewrightCall /\h\w*\ze(/ contained
syntax region pipewrightParens matchgroup=Delimiter start=/(/ end=/)/ contained contains=@pipewrightValue
syntax region pipewrightBrackets matchgroup=Delimiter start=/\[/ end=/\]/ contained contains=@pipewrightValue
syntax region pipewrightMap matchgroup=Delimiter start=/{/ end=/}/ contained contains=@pipewrightValue
execute 'syntax region pipewrightBlockValue matchgroup=pipewrightBlockName start=/\<' . s:any(s:block_values) . '\s*{\ze\%(\s\|$\)/ matchgroup=Delimiter end=/}/ contained contains=@pipewrightCommand,pipewrightGroup'

" Statements.
execute 'syntax match pipewrightKeyword /' . s:start . '\<' . s:any(s:keywords) . s:end . '/ nextgroup=pipewrightParens skipwhite'
execute 'syntax match pipewrightBuiltin /' . s:start . s:any(s:builtins) . s:end . '/'
syntax match pipewrightKeyword /\%(\<for\s\+\%(\h\w*\%(\s*,\s*\h\w*\)\=\|.*[\]}]\)\s\+\)\@80<=in\>/ nextgroup=pipewrightParens skipwhite
syntax match pipewrightKeyword /\s\@1<=with\ze\s\+\h\w*=/
syntax region pipewrightGroup matchgroup=Delimiter start=/\%(^\|[[:space:];|&(]\)\@1<={\ze\%(\s\|$\)/ end=/}/ contained contains=@pipewrightCommand,pipewrightGroup
syntax region pipewrightAssigned matchgroup=pipewrightOperator start=#\%(\h[A-Za-z0-9_.]*\%(\[[^]]*\]\)*\s\+\|\<let\s\+[\[{].*[\]}]\s\+\)\@80<=\%(??\|++\|\*\*\|//\|[-+*/%]\)\==\ze\%(\s\|$\)# end=/\ze[;})|&]/ end=/$/ contains=@pipewrightValue
execute 'syntax region pipewrightAssigned matchgroup=pipewrightKeyword start=/' . s:start . '\<\%(return\|fail\)\ze\%(\s\|$\)/ end=/\ze[;})|&]/ end=/$/ contains=@pipewrightValue'
syntax region pipewrightArguments matchgroup=pipewrightCall start=/\%(^\|[;{}|&(]\)\@1<=\s*\zs\h[A-Za-z0-9_.]*(/ end=/)/ contains=@pipewrightValue
syntax match pipewrightFunctionHead /\<fn\s\+\h\w*(\@=/ contains=pipewrightKeyword,pipewrightFunction nextgroup=pipewrightParameters
syntax match pipewrightFunction /\h\w*\ze(/ contained
syntax region pipewrightParameters matchgroup=Delimiter start=/(/ end=/)/ contained contains=@pipewrightValue,pipewrightType
execute 'syntax match pipewrightType /\%(:\s*\)\@9<=' . s:any(s:types) . '\>/ contained'

" Words.
syntax match pipewrightOption /\s\@1<=--\=\%(\a[A-Za-z0-9_-]*\)\=\ze\%([[:space:];|&)=]\|$\)/
syntax match pipewrightArgumentNumber /\s\@1<=\d[0-9_]*\%(\.\d\+\)\=\%(ms\|[smhdBKMGT]\)\=\ze\%([[:space:];|&)]\|$\)/
syntax match pipewrightPipe /||\|&&\||\|&\|;/
syntax match pipewrightArrow /\s\@1<==>\ze\s/
syntax match pipewrightRedirection /\%(\s\@1<=\d\+\)\=\%(&>>\|&>\|<<<\|<>\|>>\|>|\|[<>]&\%(\d\+\|-\)\=\|[<>](\@!\)/
syntax match pipewrightEscape /\\\%(.\|$\)/
syntax match pipewrightSplice /\s\@1<=\.\.\.\ze\$/
syntax region pipewrightProcess matchgroup=pipewrightInterpolated start=/[<>](/ end=/)/ contains=@pipewrightCommand,pipewrightGroup
syntax match pipewrightVariable /\$\h\w*/
syntax region pipewrightPath matchgroup=pipewrightInterpolated start=/\${/ end=/}/ contains=pipewrightBrackets
syntax region pipewrightExpression matchgroup=pipewrightInterpolated start=/\$\[/ end=/\]/ contains=@pipewrightValue
syntax region pipewrightCapture matchgroup=pipewrightInterpolated start=/\$((\@!/ end=/)/ contains=@pipewrightCommand,pipewrightGroup
syntax region pipewrightSingle start=/'/ end=/'/
syntax region pipewrightDollarSingle start=/\$'/ skip=/\\./ end=/'/ contains=pipewrightEscape
syntax region pipewrightDouble start=/"/ skip=/\\./ end=/"/ contains=pipewrightStringEscape,@pipewrightInterpolation
syntax region pipewrightTriple start=/"""/ skip=/\\./ end=/"""/ contains=pipewrightStringEscape,@pipewrightInterpolation
syntax match pipewrightStringEscape /\\\%([\\"$`]\|$\)/ contained
syntax region pipewrightHereDocument matchgroup=pipewrightRedirection start=/<\@1<!<<-\=\s*\z(\h\w*\)\>.*/ end=/^\t*\z1$/ contains=pipewrightStringEscape,@pipewrightInterpolation
syntax region pipewrightHereDocument matchgroup=pipewrightRedirection start=/<\@1<!<<-\=\s*\(['"]\)\z([^'"]\+\)\1.*/ start=/<\@1<!<<-\=\s*\\\z(\h\w*\)\>.*/ end=/^\t*\z1$/

" The last one, so that it wins: a `#` where a word begins.
syntax match pipewrightComment /\%(^\|[[:space:];({]\)\@1<=#.*/

syntax sync fromstart

highlight default link pipewrightComment Comment
highlight default link pipewrightKeyword Keyword
highlight default link pipewrightBuiltin Function
highlight default link pipewrightBlockName Function
highlight default link pipewrightFunction Function
highlight default link pipewrightCall Function
highlight default link pipewrightType Type
highlight default link pipewrightConstant Constant
highlight default link pipewrightNumber Number
highlight default link pipewrightArgumentNumber Number
highlight default link pipewrightOperator Operator
highlight default link pipewrightWordOperator Operator
highlight default link pipewrightPipe Operator
highlight default link pipewrightArrow Operator
highlight default link pipewrightRedirection Operator
highlight default link pipewrightSplice Operator
highlight default link pipewrightOption Special
highlight default link pipewrightEscape SpecialChar
highlight default link pipewrightStringEscape SpecialChar
highlight default link pipewrightVariable Identifier
highlight default link pipewrightPath Identifier
highlight default link pipewrightInterpolated PreProc
highlight default link pipewrightSingle String
highlight default link pipewrightDollarSingle String
highlight default link pipewrightDouble String
highlight default link pipewrightTriple String
highlight default link pipewrightHereDocument String

let b:current_syntax = 'pipewright'
let &cpo = s:save
unlet s:save s:keywords s:builtins s:block_values s:types s:start s:end s:any
