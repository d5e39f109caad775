autocmd BufNewFile,BufRead *.pw setfiletype pipewright
autocmd BufNewFile,BufRead * if getline(1) =~# '^#!.*\<pipewright\>' | setfiletype pipewright | endif
