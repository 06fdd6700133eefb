# What follows is the same whatever the commands are. Nothing is run to complete a word: what a host has is read from
# its files, so that a press of Tab costs nothing and starts no program, as root or as anybody.

function __vfio_pilot_addresses --argument-names root current
    for directory in $root/sys/bus/pci/devices/*
        set -l class
        set -l vendor
        set -l device
        read class <$directory/class 2>/dev/null
        string match -q '0x0604*' -- "$class"; and continue
        read vendor <$directory/vendor 2>/dev/null
        read device <$directory/device 2>/dev/null
        # In the short form of lspci where that is what was begun.
        set -l address (string replace -r '.*/' '' -- $directory)
        string match -rq -- '^'(string escape --style=regex -- "$current") $address
        or set address (string replace -r '^0000:' '' -- $address)
        printf '%s\t%s:%s class %s\n' $address (string sub -s 3 -- "$vendor") (string sub -s 3 -- "$device") (string sub -s 3 -- "$class")
    end
end

function __vfio_pilot_values --argument-names kind root current
    switch $kind
        case 'words:*'
            string split ' ' -- (string sub -s 7 -- $kind)
        case command
            __vfio_pilot_outline
        case pci-address
            __vfio_pilot_addresses "$root" "$current"
        case guest
            for file in $root/etc/libvirt/qemu/*.xml
                string replace -r '.*/(.*)\.xml$' '$1' -- $file
            end
        case guest-or-file
            __vfio_pilot_values guest "$root" "$current"
            __vfio_pilot_values profile "$root" "$current"
        case run-id
            for directory in $root/var/lib/vfio-pilot/journal/*
                string replace -r '.*/' '' -- $directory
            end
        case profile
            __fish_complete_directories "$current" ''
            __fish_complete_path "$current" '' | string match -r '^[^\t]*\.ya?ml(?=\t|$)'
        case plan
            __fish_complete_directories "$current" ''
            __fish_complete_path "$current" '' | string match -r '^[^\t]*\.(?:ya?ml|plan)(?=\t|$)'
        case directory
            __fish_complete_directories "$current" ''
        case file
            __fish_complete_path "$current" ''
    end
end

function __vfio_pilot_complete
    set -l current (commandline -ct)
    set -l root
    set -l waiting
    set -l follows
    set -l given
    for word in (commandline -opc)[2..-1]
        if test -n "$waiting"
            test $waiting = --root; and set root (string replace -r '^~/' $HOME/ -- $word)
            set waiting
            continue
        end
        if contains -- $word $follows
            set follows
            continue
        end
        set follows (__vfio_pilot_follows $word)
        # A copy that is not there yet: nothing of this host is offered for it.
        string match -rq '^--demo(?:=|$)' -- $word; and set root /dev/null
        switch $word
            case '--root=*'
                set root (string replace -- --root= '' $word)
            case '-*'
                set -l kind (__vfio_pilot_kind $word)
                test -n "$kind"; and set waiting $word
            case '*'
                set -a given $word
        end
    end
    if test -n "$waiting"
        __vfio_pilot_values (__vfio_pilot_kind $waiting) "$root" "$current"
    else if string match -q -- '--*=*' "$current"
        set -l parts (string split -m 1 = -- $current)
        begin
            __vfio_pilot_values (__vfio_pilot_kind $parts[1]) "$root" "$parts[2]"
            __vfio_pilot_follows $parts[1]
        end | string replace -r -- '^' $parts[1]=
    else if string match -q -- '-*' "$current"
        __vfio_pilot_options $given
    else
        test -n "$follows"; and printf '%s\n' $follows
        set -l next (__vfio_pilot_outline $given)
        if string match -q 'kind *' -- "$next[1]"
            __vfio_pilot_values (string replace 'kind ' '' -- $next[1]) "$root" "$current"
        else if test -n "$next[1]"
            printf '%s\n' $next
        end
    end
end

complete -c vfio-pilot -f -a '(__vfio_pilot_complete)'
