# Runs bootstrap from the web, on Windows (Windows PowerShell 5.1, PowerShell 7):
#
#     irm ADDRESS/install.ps1 | iex
#     & ([scriptblock]::Create((irm ADDRESS/install.ps1))) --model qwen3-0.6b
#
# It downloads the program that is made for this machine into a directory of its own, compares its checksum,
# starts it with the options given, and removes it: the program itself installs what is to stay. With iex,
# which takes no options, each has a variable: $env:BOOTSTRAP_MODEL = 'qwen3-0.6b'.
# $env:BOOTSTRAP_RELEASE is another place to download it from.

# The other functions are inside, for iex leaves this one in the session of whoever runs it.
function Install-Bootstrap {
    param([string[]] $Arguments)

    function New-Failure {
        param([string] $Message, [string] $Hint, [int] $Status = 1)

        $failure = New-Object Exception $Message
        $failure.Data['hint'] = $Hint
        $failure.Data['status'] = $Status
        $failure
    }

    # The files of the release that this machine can run, the best one first.
    function Get-ProgramName {
        if ($env:OS -ne 'Windows_NT') {
            throw (New-Failure 'this is not Windows' 'take install.sh from the same place, and run it with sh')
        }
        # a PowerShell of 32 bits is told of a processor of 32 bits, and here of the real one
        $processor = $env:PROCESSOR_ARCHITEW6432
        if (-not $processor) { $processor = $env:PROCESSOR_ARCHITECTURE }
        switch ($processor) {
            'AMD64' { 'bootstrap-windows-amd64.exe' }
            'ARM64' { 'bootstrap-windows-arm64.exe', 'bootstrap-windows-amd64.exe' }
            default { throw (New-Failure "there is no program for Windows on $processor" 'use another machine') }
        }
    }

    function Save-File {
        param([string] $Address, [string] $Path)

        try {
            Invoke-WebRequest -UseBasicParsing -Uri $Address -OutFile $Path
        } catch {
            throw (New-Failure "$Address could not be downloaded: $($_.Exception.Message)" `
                'look at the network and the proxy, and run this again')
        }
    }

    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'    # Windows PowerShell downloads many times slower while it draws
    $release = '@RELEASE@'
    if ($env:BOOTSTRAP_RELEASE) { $release = $env:BOOTSTRAP_RELEASE }
    $release = $release.TrimEnd('/')
    $protocols = [Net.ServicePointManager]::SecurityProtocol
    $directory = $null
    try {
        # Nobody on the way may exchange the checksums together with the program.
        if ($release.StartsWith('@')) {
            throw (New-Failure 'this script has no address to download from' `
                'set $env:BOOTSTRAP_RELEASE to the https address of a release' 2)
        }
        if ($release -cnotmatch '^(https://.|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$))') {
            throw (New-Failure "BOOTSTRAP_RELEASE is $release, which is no https address" `
                'give it one that begins with https://' 2)
        }
        $names = @(Get-ProgramName)
        [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

        $directory = Join-Path ([IO.Path]::GetTempPath()) "bootstrap-$([Guid]::NewGuid())"
        $null = New-Item -ItemType Directory -Path $directory
        $sums = Join-Path $directory 'SHA256SUMS'
        Save-File "$release/SHA256SUMS" $sums
        $promised = @{}
        foreach ($line in [IO.File]::ReadAllLines($sums)) {
            if ($line -cmatch '^([0-9a-f]{64})  (\S+)$') { $promised[$Matches[2]] = $Matches[1] }
        }
        $name = $names | Where-Object { $promised.ContainsKey($_) } | Select-Object -First 1
        if (-not $name) {
            throw (New-Failure "$release/SHA256SUMS has no checksum for $($names[-1]): nothing was started" `
                'run this again later')
        }

        [Console]::Error.WriteLine("downloading $name ...")
        $program = Join-Path $directory $name
        Save-File "$release/$name" $program
        if ((Get-FileHash -LiteralPath $program -Algorithm SHA256).Hash -ine $promised[$name]) {
            throw (New-Failure "$name has a wrong checksum: nothing was started" `
                'run this again later; if it stays so, do not trust this address')
        }

        # What the program says on standard error is no error of this script.
        $ErrorActionPreference = 'Continue'
        & $program @Arguments
    } catch {
        $hint = $_.Exception.Data['hint']
        if (-not $hint) { $hint = 'run this again' }
        [Console]::Error.WriteLine("error: $($_.Exception.Message)")
        [Console]::Error.WriteLine("help: $hint")
        $status = $_.Exception.Data['status']
        if (-not $status) { $status = 1 }
        $global:LASTEXITCODE = $status
    } finally {
        [Net.ServicePointManager]::SecurityProtocol = $protocols
        if ($directory) { Remove-Item -LiteralPath $directory -Recurse -Force -ErrorAction SilentlyContinue }
    }
}

# The last block starts it all, and half of it is no PowerShell: a download can be cut off anywhere. A file
# gives its status to its caller; without one, exit would close the window.
if ($true) {
    Install-Bootstrap $args
    if ($MyInvocation.MyCommand.Name -eq 'install.ps1') { exit $LASTEXITCODE }
}
