select
    {{ clean_text('x') }} as x
