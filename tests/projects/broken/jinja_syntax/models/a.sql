select
    {% if true %}
    1 as x
