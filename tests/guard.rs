//! Tests the code guard: lines that must be refused or warned about, everyday lines that must not, and judgements at
//! run time.
//!
//! Each line of the first list puts a value where a real program would run it, and each of its hints passes the check.
//! The unit tests of the guard add a line for each option of each program in the table.

use crate::support;
use crate::support::Run;
use pipewright::policy::{Rules, Subject};
use pipewright::{Engine, ErrorKind, Script, diag::Diagnostic};

/// The variables that the lines use.
const VARIABLES: &str = "let v = \"x\"\nlet n = 3\nlet dir = \"d\"\nlet file = \"f\"\nlet host = \"h\"\nlet name = \"a\"\n\
                         let list = [\"a\", \"b\"]\nlet r = {path: \"p\", ok: true}\n";

/// A value becomes code: E0401, or E0409 if its quotes have no effect.
const REFUSED: &[&str] = &[
    // quote() in a place where its quotes have no effect.
    r#"sh -c "grep '$[quote(v)]' f""#,
    r#"sh -c "grep \"$[quote(v)]\" f""#,
    r#"ssh $host "ls '$[quote(dir)]'""#,
    r#"sh -c "echo \`ls $[quote(v)]\`""#,
    r#"sh -c "true # $[quote(v)]""#,
    r#"sh -c "echo \\$[quote(v)]""#,
    r#"sh -c "echo \$$[quote(v)]""#,
    r#"sh -c "echo \${x:-$[quote(v)]}""#,
    "sh -c \"cat <<E\n$[quote(v)]\nE\"",
    // quote() that is read twice.
    r#"sh -c "eval $[quote(v)]""#,
    r#"ssh $host "sudo sh -c $[quote(v)]""#,
    r#"ssh $host "bash -c $[quote(v)]""#,
    r#"ssh $host su -c $[quote(v)]"#,
    r#"ssh $host "awk $[quote(v)] f""#,
    r#"sh -c "trap $[quote(v)] EXIT""#,
    r#"bash -c "[[ $[quote(v)] -eq 1 ]]""#,
    r#"bash -c "let $[quote(v)]""#,
    r#"bash -c "declare $[quote(v)]""#,
    r#"sh -c "echo $[quote(v)] | sh""#,
    r#"sh -c "PAGER=$[quote(v)] git log""#,
    r#"su - postgres -c "psql -c $[quote(v)]""#,
    // Options of shells and interpreters.
    r#"sh -c "rm $v""#,
    r#"sh -c $v"#,
    r#"bash -euo pipefail -c "rm $v""#,
    r#"bash -o pipefail -c "rm $v""#,
    r#"bash -oc pipefail "rm $v""#,
    r#"bash -c -e "rm $v""#,
    r#"bash -c -- "rm $v""#,
    r#"bash --norc -c "rm $v""#,
    r#"bash --rcfile $file -ic "rm $v""#,
    r#"sh +x -c "rm $v""#,
    r#"bash +o posix -c "rm $v""#,
    r#"/bin/dash -c "rm $v""#,
    r#"fish -c "rm $[quote(v)]""#,
    r#"python3 -W ignore -c "print('$v')""#,
    r#"python3 -Ic "print($v)""#,
    r#"python3.11 -c "print('$v')""#,
    r#"node -r fs -e "f('$v')""#,
    r#"node -pe $v"#,
    r#"node --eval="f('$v')""#,
    r#"ruby -r json -e "puts '$v'""#,
    r#"perl -lane "print '$v'""#,
    r#"perl -0777 -pi -e "s/a/$v/" $file"#,
    r#"perl5.36-x86_64-linux-gnu -e $v"#,
    r#"perl "-Mlib=$v" -e 1"#,
    r#"php -d a=b -r "echo '$v';""#,
    r#"lua -l x -e "print('$v')""#,
    r#"Rscript -e "print('$v')""#,
    r#"julia -E "f($v)""#,
    r#"deno eval "f('$v')""#,
    // Programs that start another program.
    r#"env -vS "ls $v""#,
    r#"env -S $v"#,
    r#"env --split-s="ls $v""#,
    r#"env -i A=1 sh -c "rm $v""#,
    r#"env --uns A --block-signal sh -c "rm $v""#,
    r#"su --session-command "rm $v""#,
    r#"su --sess "rm $v""#,
    r#"su root -c "rm $v""#,
    r#"su root -- -c "rm $v""#,
    r#"runuser -u nobody -- sh -c "rm $v""#,
    r#"runuser nobody -c "rm $v""#,
    r#"busybox sh -c "rm $v""#,
    r#"setpriv --reuid 1 --clear-groups sh -c "rm $v""#,
    r#"prlimit --nofile=100 sh -c "rm $v""#,
    r#"taskset -c 0 sh -c "rm $v""#,
    r#"chrt -o 0 sh -c "rm $v""#,
    r#"setarch x86_64 -R sh -c "rm $v""#,
    r#"strace -f -o log sh -c "rm $v""#,
    r#"chroot --userspec root / sh -c "rm $v""#,
    r#"unshare -n -- sh -c "rm $v""#,
    r#"nsenter -t 1 -m sh -c "rm $v""#,
    r#"capsh --print -- -c "rm $v""#,
    r#"timeout --sig KILL 5 sh -c "rm $v""#,
    r#"nice -5 sh -c "rm $v""#,
    r#"stdbuf -oL sh -c "rm $v""#,
    r#"sudo -u you env A=1 nice -n 5 sh -c "rm $v""#,
    r#"xargs --eof sh -c "rm $v""#,
    r#"xargs -I % sh -c "rm $v""#,
    r#"find . -exec sh -c "rm $v" ';'"#,
    r#"flock lock -c "rm $v""#,
    r#"flock -n lock sh -c "rm $v""#,
    r#"script -qc "rm $v" /dev/null"#,
    r#"watch -n 1 "ls $v""#,
    r#"parallel "rm $v/{}" ::: a b"#,
    r#"docker exec -it $name sh -c "rm $v""#,
    r#"docker run --rm -v a:b image sh -c "rm $v""#,
    r#"kubectl exec $name -c c -- sh -c "rm $v""#,
    r#"systemd-run --scope sh -c "rm $v""#,
    r#"sshpass -p x ssh $host "rm $v""#,
    r#"tmux new-session -d -s a "run $v""#,
    r#"tmux run-shell "run $v""#,
    // Programs with their own language.
    r#"sed "s/x/$v/" f"#,
    r#"sed -i.bak -e "s/x/$v/" f"#,
    r#"sed --expr="s/x/$v/" f"#,
    r#"awk "/$v/" f"#,
    r#"awk -F : -v x=1 "{ print $v }" f"#,
    r#"gawk --source "{ print \"$v\" }" f"#,
    r#"jq ".a == \"$v\"" f"#,
    r#"jq -r --arg a b ".$v" f"#,
    r#"yq ".a = \"$v\"" f"#,
    r#"yq eval ".a = \"$v\"" f"#,
    r#"psql -c "select '$v'""#,
    r#"psql -d a --command="select '$v'""#,
    r#"sqlite3 db "select '$v'""#,
    r#"sqlite3 -cmd ".open $v" db"#,
    r#"mysql -e "select '$v'" db"#,
    // Options that run a program.
    r#"git -c $v status"#,
    r#"git -c core.sshCommand="ssh -i $v" fetch"#,
    r#"git -c alias.x="!$v" x"#,
    r#"git clone --upload-pack=$v a b"#,
    r#"git clone --upload $v a b"#,
    r#"git rebase -x "make $v" main"#,
    r#"git bisect run sh -c "make $v""#,
    r#"git submodule foreach "git tag $v""#,
    r#"git config core.editor $v"#,
    r#"git grep -O$v x"#,
    r#"tar -I $v -cf a b"#,
    r#"tar cIf $v a b"#,
    r#"tar --use-comp=$v -cf a b"#,
    r#"tar cf a --checkpoint=1 --checkpoint-action=exec=$v b"#,
    r#"tar xf a --to-command="cat > $v""#,
    r#"rsync -e "ssh -i $v" a b"#,
    r#"rsync --rsh="ssh -i $v" a b"#,
    r#"ssh -o "ProxyCommand=nc $v" $host"#,
    r#"ssh -o $v $host"#,
    r#"ssh -oProxyCommand=$v $host"#,
    r#"scp -S $v a h:"#,
    r#"split --filter="gzip > $v" f"#,
    r#"sort --compress-program=$v f"#,
    r#"vim -c "e $v""#,
    r#"vim "+$v" f"#,
    r#"vim.basic --cmd $v f"#,
    r#"gdb -ex "p $v" prog"#,
    r#"gdb --eval-command="p $v" prog"#,
    r#"man -P $v ls"#,
    r#"wget -e "use_askpass=$v" u"#,
    r#"ssh $host ls $v"#,
    r#"ssh $host ...$list"#,
    r#"ssh -p 22 $host "ls ${r.path}""#,
    // Variables that programs run.
    r#"GIT_SSH_COMMAND="ssh -i $v" git fetch"#,
    r#"env GIT_SSH_COMMAND="ssh -i $v" git fetch"#,
    r#"env.PAGER = v"#,
    r#"env.EDITOR = "vi $v""#,
    r#"with env={GIT_EDITOR: "vi $v"} { git commit }"#,
    r#"RSYNC_RSH="ssh -i $v" rsync a b"#,
    // The standard input of a program that reads code.
    "sh <<E\nrm $v\nE",
    "sudo -u you bash -s a <<E\nrm $v\nE",
    r#"sh <<< "rm $v""#,
    r#"echo "rm $v" | sh"#,
    r#"printf 'rm %s\n' $v | sh"#,
    "cat <<E | sh\nrm $v\nE",
    r#"{ echo set -e; echo "rm $v" } | bash"#,
    r#"bash <(echo "rm $v")"#,
    "ssh $host <<E\nrm $v\nE",
    "ssh $host bash -s <<E\nrm $v\nE",
    "docker exec -i $name sh <<E\nrm $v\nE",
    "python3 - <<E\nprint('$v')\nE",
    "psql db <<E\nselect '$v'\nE",
    "sudo -u postgres psql <<E\nselect '$v'\nE",
    r#"sqlite3 db <<< "select '$v'""#,
    r#"mysql db <<< "select '$v'""#,
    r#"at now <<< "rm $v""#,
    r#"ed -s f <<< "$v""#,
    r#"awk -f - f <<< "/$v/""#,
    r#"echo "rm $v" | tee log | sh"#,
    r#"for x in a b { echo "rm $v/$x" } | sh"#,
    r#"{ sh } <<< "rm $v""#,
    r#"echo "rm $v" | { bash; echo }"#,
    // Near misses.
    r#"$HOME/bin/sh -c "rm $v""#,
    r#"docker run --entrypoint sh image -c "rm $v""#,
    r#"ip netns exec $name sh -c "rm $v""#,
    r#"poetry run python -c "print('$v')""#,
    r#"gosu you sh -c "rm $v""#,
    r#"tcpdump -z $v -w f"#,
    r#"npx -c "run $v""#,
    r#"redis-cli eval "return $v" 0"#,
    r#"cqlsh -e "select '$v'""#,
    r#"awk -f <(echo "/$v/") f"#,
    r#"psql -f <(echo "select '$v'")"#,
    r#"bash +c "rm $v""#,
    r#"dash +ec "rm $v""#,
    r#"python3 -m timeit $v"#,
    r#"python3 -m timeit -n 5 -s "import $v" pass"#,
    r#"python3 -mtimeit $v"#,
    r#"python3 -m cProfile -m timeit $v"#,
    r#"python3 -m pdb -c "p $v" script.py"#,
    r#"python3 -m sqlite3 db "select '$v'""#,
    r#"python3 -m code <<< "print('$v')""#,
    r#"start-stop-daemon --start --exec /bin/sh -- -c "rm $v""#,
    r#"start-stop-daemon -S -x /usr/bin/x -a /bin/bash -- -c "rm $v""#,
    r#"start-stop-daemon --start --startas=/bin/sh -- -c "rm $v""#,
    r#"mlr --icsv --ojson put "\$x = \"$v\"" f.csv"#,
    r#"mlr --icsv filter "\$x == $v" f.csv"#,
    r#"mlr --icsv --ofmt %.3f sort -f a then put -q $v f.csv"#,
    r#"mlr put -s a=b -e $v f"#,
    r#"mlr --prepipe "gzip -d < $v" cat f"#,
    r#"apt-get -o DPkg::Pre-Invoke::="touch $v" install x"#,
    r#"apt -o$v update"#,
    r#"apt-get -o Dir::Bin::dpkg=$v install x"#,
    r#"apt-get -o Dpkg::Options::=$v install x"#,
    r#"dpkg --pre-invoke="touch $v" -i x.deb"#,
    r#"echo "rm $v" | parallel"#,
    r#"parallel --rpl "{x} s/a/$v/" echo ::: a"#,
    // A function that prints code.
    r#"fn f() { echo "rm $v" }; f | sh"#,
    r#"fn f(x) { printf 'rm %s\n' $x }; f a | bash"#,
    r#"fn f() { if $r.ok { echo "rm $v" } }; f | cat | sh"#,
    r#"f | sh; fn f() { g }; fn g() { echo "rm $v" }"#,
    r#"{ echo "set -e"; f } | sh; fn f() { echo "rm $v" }"#,
    r#"fn f() { echo "rm $v" }; bash <(f)"#,
];

/// A value that may be run, or that changes on its way: W0007, W0008.
const WARNED: &[&str] = &[
    r#"make X=$v"#,
    r#"make -j 4 CFLAGS="-O2 $v" all"#,
    r#"LD_PRELOAD=$v ls"#,
    r#"BASH_ENV=$v bash x"#,
    r#"env.NODE_OPTIONS = "--require $v""#,
    r#"with env={PERL5OPT: "-M$v"} { ls }"#,
    r#"env $v ls"#,
    r#"env "$name=$v" ls"#,
    r#"tmux send-keys -t a "ls $v" Enter"#,
    r#"curl -K - <<< "url = $v""#,
    r#"find . -exec sh -c 'echo {}' ';'"#,
    r#"xargs -I{} sh -c 'rm {}'"#,
    r#"awk -v x=$v 'BEGIN { print x }'"#,
    r#"awk -vx="a$v" 'BEGIN { print x }'"#,
];

/// Everyday lines of scripts.
const EVERYDAY: &[&str] = &[
    "ls -l $dir",
    "ls -- $file",
    "cp -r $dir /backup/$name",
    "mv $file $dir/",
    "rm -rf -- $dir",
    "mkdir -p $dir/$name",
    "ln -sf $file $dir/link",
    "chmod 600 $file",
    "chown you:you $file",
    "touch $dir/$name.txt",
    "cat $file | sort | uniq -c | sort -rn | head -n 5",
    "grep -c $v $file || true",
    "grep -rn --include='*.rs' -- $v src || true",
    "grep -e $v -f $file x",
    "rg -F $v",
    "wc -l < $file",
    "head -n $n $file",
    "tail -n +$n $file",
    "cut -d: -f$n /etc/passwd",
    "tr a-z A-Z < $file",
    "sort -t, -k$n $file",
    "sort -S 1G --parallel=4 -o $file $file.in",
    "diff -u $file $file.orig || true",
    "patch -p1 < $file",
    "du -sh $dir",
    "df -h $dir",
    "stat -c '%s' $file",
    "test -f $file",
    "file $file",
    "basename $file .txt",
    "dirname $file",
    "realpath $file",
    "readlink -f $file",
    "sha256sum $file",
    "gzip -9 $file",
    "xz -T0 $file",
    "zip -r a.zip $dir",
    "unzip -q $file -d $dir",
    "tar -czf $file -C $dir .",
    "tar xzf $file -C $dir",
    "tar -cf - $dir | gzip > $file",
    "tar --exclude=$v -caf $file $dir",
    "tar -xf $file --strip-components=$n -C $dir",
    "find $dir -name '*.tmp' -delete",
    "find . -name $v -print0 | xargs -0 rm -f",
    "find . -type f -exec grep -l $v '{}' +",
    "find $dir -maxdepth $n -newer $file -print",
    "find . -name '*.sh' -exec chmod +x {} ';'",
    "find . -exec sh -c 'echo \"$1\"' sh {} ';'",
    "xargs -n 1 rm -f < $file",
    "xargs -I{} cp {} $dir < $file",
    "xargs -P 4 -n 1 sh -c 'echo \"$1\"' sh < $file",
    "sed -i 's/a/b/' $file",
    "sed -n 1,5p $file",
    "sed -e 's/a/b/' -e '/x/d' < $file",
    "sed --sandbox \"s/a/$v/\" $file",
    "sed -f $file input",
    "sed -n \"$[int(v)]p\" $file",
    "awk '{ print $2 }' $file",
    "awk -F: '{ print $1 }' /etc/passwd",
    "x=$v awk '$1 == ENVIRON[\"x\"]' $file",
    "awk -f $file input",
    "awk -F $v '{ print $1 }' $file",
    "awk \"NR == $[n + 1]\" $file",
    "jq -r '.name' $file",
    "jq --arg v $v '.[$v]' $file",
    "jq -n --argjson n $n '{n: $n}'",
    "jq -f $file data.json",
    "yq '.a' $file",
    "curl -fsSL -o $file https://example.com/$name",
    "curl -H \"Authorization: Bearer $v\" https://example.com",
    "curl -d name=$v https://example.com",
    "curl --data-urlencode \"q=$v\" -G https://example.com/search",
    "curl -u you:$v -X POST --json @$file https://example.com",
    "wget -q -O $file https://example.com/$name",
    "ssh $host",
    "ssh $host uptime",
    "ssh -p $n -i $file you@$host uptime",
    "ssh -o ConnectTimeout=$n -o StrictHostKeyChecking=no $host true",
    "ssh -o \"User=$name\" $host true",
    "ssh $host \"ls $[quote(dir)]\"",
    "ssh $host \"cd $[quote(dir)] && ls -l\"",
    "ssh $host ls $[quote(dir)]",
    "ssh $host \"tar cf - $[quote(dir)]\" | tar xf -",
    "ssh $host \"cat > $[quote(file)]\" < $file",
    "ssh $host 'cat > f' <<< $v",
    "ssh -N -L $n:localhost:80 $host",
    "ssh -J $name $host uptime",
    "scp -P $n $file $host:$dir",
    "scp -r $dir you@$host:/srv",
    "rsync -av --delete $dir/ $host:$dir/",
    "rsync -e 'ssh -p 2222' -a $dir $host:",
    "rsync -e \"ssh -p $[int(n)]\" -a $dir $host:",
    "rsync -a --exclude=$v --files-from=$file . $host:",
    "sftp -b $file $host",
    "git clone $name $dir",
    "git clone --depth $n --branch $v https://example.com/$name.git",
    "git checkout -b $name",
    "git commit -m \"fix $v\"",
    "git commit -am $v --author=\"A <$name>\"",
    "git log --since=$v --format='%h %s' -- $file",
    "git tag -a $v -m \"release $v\"",
    "git push origin $name",
    "git push origin HEAD:refs/heads/$name",
    "git fetch origin $v",
    "git -C $dir status --short",
    "git -c user.name=$name -c user.email=$v commit -m x",
    "git -c color.ui=$v log",
    "git config user.name $name",
    "git config --get remote.$name.url",
    "git rebase --onto $v main",
    "git rebase -x 'make test' $v",
    "git diff --name-only $v..HEAD",
    "git grep -n $v || true",
    "git stash push -m $v",
    "git worktree add $dir $name",
    "git archive --format=tar --prefix=$name/ $v",
    "git show $v:$file > out",
    "GIT_DIR=$dir git status",
    "GIT_AUTHOR_NAME=$name git commit -m x",
    "GIT_SSH_COMMAND='ssh -i key' git fetch",
    "GIT_SSH_COMMAND=\"ssh -i $[quote(file)]\" git fetch",
    "docker build -t $name:$v --build-arg VERSION=$v .",
    "docker run --rm -v $dir:/data -e NAME=$v $name",
    "docker run -d --name $name -p $n:80 nginx",
    "docker exec $name ls $dir",
    "docker exec -it $name psql -U you -d $v",
    "docker logs -f $name",
    "docker compose -f $file up -d $name",
    "docker compose exec $name ls $dir",
    "podman rm -f $name",
    "kubectl get pods -n $name -l app=$v",
    "kubectl apply -f $file",
    "kubectl exec $name -- ls $dir",
    "kubectl logs $name -c $v",
    "helm upgrade --install $name $dir --set image.tag=$v",
    "terraform apply -var name=$v",
    "ansible-playbook -i $file -e version=$v site.yml",
    "make",
    "make -j$n",
    "make -C $dir install",
    "make -f $file $name",
    "make VERSION=1.2 $name",
    "cmake -S . -B $dir -DCMAKE_INSTALL_PREFIX=$v",
    "cmake --build $dir -j $n",
    "cargo build --release --target $v",
    "cargo test $name -- --nocapture",
    "npm install $name",
    "npm run build -- --out $dir",
    "node $file $v",
    "node -e 'console.log(process.argv[1])' $v",
    "python3 $file --name $v",
    "python3 -m venv $dir",
    "python3 -m http.server $n --directory $dir",
    "python3 -c 'import sys; print(sys.argv[1])' $v",
    "pip install $name==$v",
    "perl -pe 's/a/b/' $file",
    "perl -ne 'print if /x/' $file",
    "ruby $file $v",
    "php $file $v",
    "java -jar $file $v",
    "java -Xmx${n}g -cp $dir Main $v",
    "go build -o $file ./cmd/$name",
    "gcc -O2 -DNAME=$v -o $file main.c",
    "sh $file $v",
    "sh ./install.sh --prefix $dir",
    "bash -x $file $v",
    "bash -c 'echo \"$1\"' bash $v",
    "sh -c 'echo \"$@\"' sh ...$list",
    "sh -c \"echo $[quote(v)]\"",
    "sh -c \"grep -- $[quote(v)] f | wc -l\"",
    "bash -euo pipefail -c 'ls | wc -l'",
    "bash -c \"x=$[quote(v)]; echo \\\"\\$x\\\"\"",
    "bash -c \"for f in $[quote(list)]; do echo \\\"\\$f\\\"; done\"",
    "sh < $file",
    "sh <<'E'\necho \"$HOME\"\nE",
    "sh <<E\nls $[quote(dir)]\nE",
    "cat <<E > $file\nname = $v\nE",
    "tee $file <<< $v",
    "echo $v | grep -q x || true",
    "echo \"$name: $v\" | mail -s $name you@example.com",
    "printf '%s\\n' ...$list | sort",
    "echo $v | xargs rm -f",
    "echo $v | sudo tee $file",
    "echo $v | base64 -d > $file",
    "bc <<< \"$n * 2\"",
    "cat $file | sh",
    "sudo systemctl restart $name",
    "sudo -u $name ls $dir",
    "sudo install -m 755 $file /usr/local/bin/$name",
    "sudo env PATH=$dir ls",
    "env LANG=C sort $file",
    "env DEBUG=$v ls",
    "env -u HOME -i A=$v ls",
    "timeout $n ls $dir",
    "timeout -k 5 ${n}s curl $v",
    "nice -n $n tar cf $file $dir",
    "ionice -c 3 cp $file $dir",
    "nohup ls $dir > $file",
    "with stats=true { ls $dir }",
    "stdbuf -oL grep x $file",
    "flock $file ls $dir",
    "watch -n $n ls",
    "strace -o $file ls $dir",
    "chroot $dir ls",
    "su $name -c 'ls -l'",
    "tmux new-session -d -s $name",
    "tmux kill-session -t $name",
    "tmux attach -t $name",
    "screen -dmS $name sleep 5",
    "psql -d $name -U you -f $file",
    "psql -v ON_ERROR_STOP=1 -v id=$v -d $name <<< \"select :'id'\"",
    "psql -d $name -c 'select 1'",
    "pg_dump -d $name -t $v -f $file",
    "createdb $name",
    "sqlite3 $file 'select 1'",
    "sqlite3 $file \".dump\" > out",
    "sqlite3 db \"select * from t where id = $[int(n)]\"",
    "sqlite3 db \"select '$[v.replace(\"'\", \"''\")]'\"",
    "mysql -u you -p$v -h $host -e 'show tables' $name",
    "mysqldump $name > $file",
    "redis-cli -h $host get $v",
    "openssl x509 -in $file -noout -subject",
    "gpg --decrypt --output $file $file.gpg",
    "vim $file",
    "less $file",
    "man $name",
    "crontab $file",
    "systemctl status $name || true",
    "journalctl -u $name --since $v",
    "ps -o pid,rss -p $n",
    "kill -TERM $n",
    "pgrep -f $v || true",
    "lsof -i :$n",
    "ping -c $n $host",
    "dig +short $host",
    "nc -z $host $n",
    "ip addr show $name",
    "date -d $v +%s",
    "ffmpeg -i $file -vf scale=$n:-1 out.mp4",
    "convert $file -resize ${n}x$n out.png",
    "env.PATH = \"$dir/bin:$PATH\"",
    "env.LD_LIBRARY_PATH = \"$dir/lib\"",
    "env.PYTHONPATH = dir",
    "env.EDITOR = env.VISUAL ?? \"vi\"",
    "env.PAGER = \"less -R\"",
    "with env={LANG: \"C\", NAME: v} { ls }",
    "with env={PAGER: \"cat\"} { git log }",
    "PGPASSWORD=$v psql -d $name -c 'select 1'",
    "LC_ALL=C sort $file",
    "HTTPS_PROXY=$v curl https://example.com",
    "split -l $n $file part-",
    "parallel gzip ::: ...$list",
    "gdb -p $n",
    "gdb --args ls $dir",
    "notify-send $name $v",
    "ip link set $name up",
    "npm run $name",
    "uv run $file $v",
    "poetry run pytest $dir",
    "tcpdump -i $name -w $file",
    "redis-cli set $name $v",
    "autossh -M 0 -N $host",
    "for x in ...$list { echo $x } | sort",
    "fn f() { echo $v }; f | sort",
    "fn f() { echo 'ls -l' }; f | sh",
    "fn f() { echo $v; f }; f | wc -l",
    "python3 -m timeit -n $n 'pass'",
    "python3 -m json.tool $file",
    "python3 -m pip install $name",
    "python3 -mpytest -k $v",
    "python3 -m cProfile -o $file script.py $v",
    "start-stop-daemon --start --pidfile $file --exec /usr/bin/$name -- --port $n",
    "start-stop-daemon --stop --pidfile $file --name $name",
    "mlr --icsv --ojson sort -f $name then head -n $n $file",
    "mlr --icsv put -s v=$v '$x = @v' $file",
    "mlr --icsv --ojson cut -f $name then put '$y = 1' $file",
    "apt-get install -y $name",
    "apt-get -o Acquire::Retries=$n update",
    "apt-get -o Dir::Cache=$dir -qq install $name",
    "apt-get -o Dpkg::Options::=--force-confold install $name",
    "dpkg -i $file",
    "parallel -j $n gzip < $file",
    "vim +$[int(n)] $file",
    "less +$[int(n)] $file",
    "tail +$n $file",
    "rsync -a $host:$dir $file",
    "rsync -a you@$host::$name $dir",
];

fn alarms(line: &str) -> Vec<Diagnostic> {
    let text = format!("{VARIABLES}{line}");
    let pages = match Script::parse("test", text) {
        Ok(script) => script.warnings().to_vec(),
        Err(error) => error.diagnostics().to_vec(),
    };
    pages.into_iter().filter(|page| !matches!(page.code.id(), "W0001" | "W0004")).collect()
}

/// Returns the line of a hint, which follows its sentence.
fn suggested(page: &Diagnostic) -> Option<&str> {
    page.help.first()?.split_once(":\n").map(|(_, line)| line)
}

#[track_caller]
fn assert_alarms(lines: &[&str], codes: &[&str]) {
    let mut wrong = Vec::new();
    for line in lines {
        let pages = alarms(line);
        if pages.len() != 1 || !codes.contains(&pages[0].code.id()) {
            let shown: Vec<String> = pages.iter().map(|page| page.render(false, 100)).collect();
            wrong.push(format!("{line}\n{}", shown.concat()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} lines have not exactly one of {codes:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn values_that_become_code_are_refused() {
    assert!(REFUSED.len() >= 120, "{}", REFUSED.len());
    assert_alarms(REFUSED, &["E0401", "E0409"]);
}

#[test]
fn values_that_may_be_run_are_warned_about() {
    assert_alarms(WARNED, &["W0007", "W0008"]);
}

#[test]
fn everyday_lines_raise_no_alarm() {
    assert!(EVERYDAY.len() >= 200, "{}", EVERYDAY.len());
    let wrong: Vec<String> = EVERYDAY
        .iter()
        .flat_map(|line| {
            alarms(line).into_iter().map(move |page| format!("{line}\n{}", page.render(false, 100)))
        })
        .collect();
    assert!(wrong.is_empty(), "{} alarms:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_hint_is_a_line_that_passes_the_check() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for line in REFUSED.iter().chain(WARNED) {
        for page in alarms(line) {
            assert!(!page.help.is_empty(), "{line} has no help");
            let Some(suggested) = suggested(&page) else { continue };
            lines += 1;
            let left = alarms(suggested);
            if !left.is_empty() {
                let shown: Vec<String> = left.iter().map(|page| page.render(false, 100)).collect();
                wrong.push(format!("{line}\n=> {suggested}\n{}", shown.concat()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} hints:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines > 100, "most hints are lines: {lines}");
}

/// Runs a line and its hint with a value that sh, awk, jq, SQL or sed would take apart.
#[test]
fn the_line_of_a_hint_passes_the_value_unchanged() {
    let value = r#"it's "a" \ $HOME `id` /&"#;
    for (program, line) in [
        ("sh", r#"sh -c "printf '%s' \"$v\"""#),
        ("sh", r#"sh -c "printf %s $v""#),
        ("awk", r#"awk "BEGIN { printf \"%s\", \"$v\" }""#),
        ("jq", r#"jq -nj "\"$v\"""#),
        ("perl", r#"perl -e "print '$v'""#),
        ("python3", r#"python3 -c "print('$v', end='')""#),
        ("node", r#"node -e "process.stdout.write('$v')""#),
        ("sqlite3", r#"sqlite3 :memory: "select '$v'""#),
        ("awk", r#"awk -v v=$v 'BEGIN { printf "%s", v }'"#),
    ] {
        if !support::have(program) {
            continue;
        }
        let pages = alarms(line);
        let hint = suggested(&pages[0]).unwrap_or_else(|| panic!("{line}: {:?}", pages[0].help));
        let outcome =
            Run::pipewright().args(["-c", &format!("let v = args[0]\n{hint}"), value]).run().success();
        assert_eq!(outcome.out().trim_end(), value, "{line}\n=> {hint}");
    }
}

#[test]
fn a_program_that_a_value_names_is_judged_when_it_runs() {
    let run = |text: &str| Run::pipewright().args(["-c", &format!("let x = \"touch pwned\"\n{text}")]).run();
    for text in [
        "let shell = \"sh\"; $shell -c \"echo $x\"",
        "let shell = \"/bin/bash\"; $shell -euo pipefail -c $x",
        "let cmd = \"sh\"; env $cmd -c \"echo $x\"",
        "let cmd = [\"sh\", \"-e\"]; ...$[flags(cmd)] -c \"echo $x\"",
        "let tool = \"awk\"; $tool \"BEGIN { $x }\"",
        "let set = \"LD_PRELOAD=/x.so\"; env $set true",
        "let name = \"BASH_ENV\"; env \"$name=$x\" true",
        "let shell = \"sh\"; $shell -c \"echo '$[quote(x)]'\"",
        "fn run(...cmd) { ...$cmd }; run sh -c $x",
        "fn run(...cmd) { env ...$cmd }; run sh -c $x",
        "fn run(...cmd) { ...$cmd $x }; run sh -c",
        "fn shell(...a) { sh ...$a }; shell -c $x",
        "fn shell(...a) { sh $[flags(a)[0]] ...$[a.slice(1)] }; shell -c $x",
        "fn each_word(...a) { for option in ...$a { sh $option $x } }; each_word -c",
    ] {
        let outcome = run(text);
        assert!(outcome.err().contains("[E1029]"), "{text}: {outcome}");
        assert_eq!(outcome.status, 126, "{text}");
    }
    for text in [
        "let shell = \"sh\"; $shell -c 'echo \"$1\"' sh $x",
        "let shell = \"sh\"; $shell -c \"echo $[quote(x)]\"",
        "let shell = \"sh\"; $shell -c \"echo $[code(x)]\"",
        "let tool = \"printf\"; env $tool '%s\\n' $x",
        "let cmd = [\"sh\", \"-c\", \"echo touch pwned\"]; ...$[flags(cmd)]",
        "fn run(...cmd) { ...$cmd }; run sh -c 'echo touch pwned'",
        "fn run(...cmd) { ...$cmd }; run sh -c 'echo \"$1\"' sh $x",
        "fn shell(...a) { sh ...$a }; shell -c 'echo \"$1\"' sh $x",
        "let set = \"A=b\"; env $set echo $x",
    ] {
        let outcome = run(text).success();
        assert!(outcome.out().contains("touch pwned"), "{text}: {outcome}");
    }
}

#[test]
fn a_value_with_a_plus_is_not_a_command() {
    let run = |text: &str| {
        let text =
            format!("let x = \"+!touch pwned\"; let c = \"+c\"; let xs = [\"+c\", \"echo pwned\"]\n{text}");
        Run::pipewright().args(["-c", &text]).run()
    };
    for text in [
        "vim $x f",
        "vim ${x}y",
        "less $x",
        "env TERM=dumb less f $x",
        "timeout 5 vim.basic f $x",
        "bash $c $[\"echo pwned\".trim()]",
        "sh ...$xs",
        "env dash ...$xs",
        "let editor = \"vim\"; $editor $x",
    ] {
        for dry in [false, true] {
            let text = if dry { text.to_string() } else { format!("{text} < /dev/null > /dev/null") };
            let script = format!(
                "let x = \"+!touch pwned\"; let c = \"+c\"; let xs = [\"+c\", \"echo pwned\"]\n{text}"
            );
            let args: &[&str] = if dry { &["--dry-run", "-c"] } else { &["-c"] };
            let outcome = Run::pipewright().args(args).arg(&script).run();
            assert!(outcome.err().contains("[E1029]"), "{args:?} {text}: {outcome}");
        }
    }
    for text in [
        "bash -c 'echo \"$1\"' bash $x",
        "sh -c 'echo \"$1\"' sh $x",
        "let shell = \"dash\"; $shell -c 'echo \"$1\"' dash $x",
    ] {
        assert_eq!(run(text).success().out(), "+!touch pwned\n", "{text}");
    }
}

#[test]
fn a_dry_run_judges_a_program_that_a_value_names_as_a_run_does() {
    let dry = |text: &str| {
        let text = format!("let x = \"touch pwned\"; let shell = \"sh\"\n{text}");
        Run::pipewright().args(["--dry-run", "-c", &text]).run()
    };
    for text in
        ["$shell -c \"echo $x\"", "env $shell -c $x", "ls | $shell -c \"echo $x\"", "exec $shell -c $x"]
    {
        let outcome = dry(text);
        assert!(outcome.err().contains("[E1029]"), "{text}: {outcome}");
        assert_eq!(outcome.status, 126, "{text}");
    }
    for text in
        ["$shell -c 'echo \"$1\"' sh $x", "$shell -c \"echo $[quote(x)]\"", "$shell -c \"echo $[code(x)]\""]
    {
        dry(text).success();
    }
    // A word that is known only at run time is judged when it runs.
    let outcome = dry("let y = $(uname); let other = $(which sh); $other -c \"echo $y\"");
    outcome.success();
}

#[test]
fn the_policy_reads_arguments_by_the_same_table() {
    let rules = Rules::new()
        .allow_run(&["cat", "**"])
        .and_then(|rules| rules.allow_run(&["/usr/bin/*", "**"]))
        .and_then(|rules| rules.allow(Subject::Env, "PATH"))
        .unwrap();
    let engine = Engine::builder().policy(rules).build().unwrap();
    let run = |text: &str| engine.session().run(&engine.script("test", text).unwrap()).read();
    assert_eq!(run("echo /dev/null | xargs --eof cat").unwrap(), "");
    for text in [
        "echo x | xargs --eof sh cat",
        "echo x | xargs -e sh cat",
        "echo x | xargs --max-lines sh cat",
        "PATH=\":/usr/bin\" env cat /dev/null",
        "PATH=\"bin:/usr/bin\" nice cat /dev/null",
        "env PATH=/tmp:/usr/bin cat /dev/null",
        "tar --version",
        "vim.basic --version",
    ] {
        // What is not installed is not found before the policy is asked.
        if text.starts_with("vim") && !std::path::Path::new("/usr/bin/vim.basic").exists() {
            continue;
        }
        let error = run(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Policy, "{text}: {}", error.render(false, 100));
    }
}
