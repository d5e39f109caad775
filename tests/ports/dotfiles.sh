#!/bin/bash
# Links the dotfiles of this repository into the home directory.
DOTFILES="$HOME/dotfiles"
BACKUP="$HOME/.dotfiles-old"
files="bashrc vimrc gitconfig tmux.conf"

mkdir -p $BACKUP
cd $DOTFILES

for file in $files; do
    if [ -e ~/.$file ] && [ ! -L ~/.$file ]; then
        echo "Moving ~/.$file"
        mv ~/.$file $BACKUP/
    fi
    ln -sf $DOTFILES/$file ~/.$file
done

if ! command -v brew &> /dev/null; then
    echo "no brew here"
else
    while read -r package; do
        [[ $package =~ ^# ]] && continue
        brew install "$package"
    done < Brewfile.txt
fi

if [[ "$OSTYPE" == "darwin"* ]]; then
    defaults write com.apple.dock autohide -bool true
fi

function setup_vim {
    local plug=~/.vim/autoload/plug.vim
    if [[ ! -f $plug ]]; then
        curl -fLo $plug --create-dirs https://example.org/plug.vim
    fi
    vim +PlugInstall +qall
}
setup_vim

source ~/.bashrc
echo "Done!"
