{# The names of every category of the shipped definitions of severe chronic disease, for columns that must stand in a
   select list whatever definition is chosen. The seed scd_codes is tested to hold no other. #}
{% macro scd_category_names() -%}
    {{
        return(
            [
                "cancer",
                "blood_immune",
                "blood_disorders",
                "blood_or_cancer",
                "immune_system",
                "endocrine_metabolic",
                "endocrine",
                "nervous_system",
                "neurological",
                "circulatory",
                "cardiovascular",
                "respiratory",
                "digestive",
                "gastrointestinal",
                "musculoskeletal",
                "genitourinary",
                "renal",
                "perinatal",
                "congenital",
                "other_congenital",
            ]
        )
    }}
{%- endmacro %}

{# The chosen definition of severe chronic disease, scd_definition; one that is not among scd_definitions is an error. #}
{% macro scd_chosen() -%}
    {%- if var("scd_definition") not in var("scd_definitions") -%}
        {{
            exceptions.raise_compiler_error(
                "var 'scd_definition' names none of 'scd_definitions'"
            )
        }}
    {%- endif -%}
    {{ return(var("scd_definition")) }}
{%- endmacro %}
